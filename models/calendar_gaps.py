"""Years whose holidays nobody has entered yet: until then, deadlines across them are a guess."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import events, work_calendars
from models.events import Fact
from models.localtime import local
from models.places import root_area_id
from models.posts import Role, holding
from models.worktime import WorkCalendar

VERB = "calendar_missing"
STAFF = (Role.ADMIN, Role.SUBDISTRICT_STAFF)
NOTICE_MONTH = 11  # the State Council publishes the next year's holidays in it


def missing_years(now: datetime, calendar: WorkCalendar) -> list[int]:
    """Of this year, and towards its end of the next, those the calendar has to guess."""
    today = local(now)
    years = [today.year] if today.month < NOTICE_MONTH else [today.year, today.year + 1]
    return [year for year in years if not calendar.is_known(year)]


def tell_staff(session: Session, now: datetime) -> list[int]:
    """Asks those who keep the house to enter what is missing; returns the years."""
    root = root_area_id(session)
    if root is None:
        return []
    years = missing_years(now, work_calendars.terms_at(session, root).calendar)
    if not years:
        return []
    staff = holding(session, STAFF, now)
    events.record(
        session,
        Fact(
            verb=VERB,
            subject_kind="area",
            subject_id=root,
            at=now,
            capacity="clock",
            area_id=root,
            detail={"years": years},
            parties={"staff": staff},
            context={"years": years},
        ),
    )
    return years
