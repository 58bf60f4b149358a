"""What a caller or visitor says, understood as in chat, for staff who enter it 代录."""

from dataclasses import replace

from sqlalchemy.orm import Session

from bots import reporting
from bots.lexicon import Lexicon
from bots.locations import Location
from bots.places_in_text import PlaceMention
from bots.things import things_in
from bots.understand import Understanding, understand
from config.categories import Intent
from models import places
from models.accounts import MAIN
from models.places import Area
from models.tickets import refining
from models.tickets.opening import Report


def heard(words: str, lexicon: Lexicon) -> Understanding:
    """Pure. Whoever was entered by staff has a matter, however it is put."""
    meant = reporting.provisional(understand(words, lexicon), things_in(words))
    if meant.intent in reporting.TALK:
        meant = replace(meant, intent=Intent.REPORT)
    return meant


def report_of(
    session: Session,
    words: str,
    meant: Understanding,
    *,
    reporter_id: int,
    area: Area | None,
    is_anonymous: bool,
) -> Report:
    """Where staff chose no place, it is the one that the words name."""
    area = area or _named(session, meant.place)
    location = Location(
        area_id=area.id if area else None,
        community_id=refining.community_of(area) if area else None,
        name=places.full_name(session, area.id) if area else None,
        spot=meant.place.spot if meant.place else None,
    )
    return reporting.report_of(
        meant,
        location,
        account=MAIN,
        reporter_id=reporter_id,
        said=words,
        text=words,
        things=things_in(words),
        is_anonymous=is_anonymous,
    )


def _named(session: Session, mention: PlaceMention | None) -> Area | None:
    estate = mention.estate if mention else None
    found = places.estate_named(session, estate) if estate else None
    if mention is None or found is None:
        return None
    building = places.building_in(session, found[0], mention.building) if mention.building else None
    return session.get_one(Area, building[0] if building else found[0])
