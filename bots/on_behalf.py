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
    return reporting.report_of(
        meant,
        _at(session, area, meant.place) if area else _named(session, meant.place),
        account=MAIN,
        reporter_id=reporter_id,
        said=words,
        text=words,
        things=things_in(words),
        is_anonymous=is_anonymous,
    )


def _named(session: Session, mention: PlaceMention | None) -> Location:
    estate = mention.estate if mention else None
    found = places.estate_named(session, estate) if estate else None
    if mention is None or found is None:
        return Location(spot=mention.spot if mention else None)
    building = places.building_in(session, found[0], mention.building) if mention.building else None
    if building is None:
        return _at(session, session.get_one(Area, found[0]), mention)
    return Location(building[0], building[2], f"{found[1]}{building[1]}", mention.spot)


def _at(session: Session, area: Area, mention: PlaceMention | None) -> Location:
    return Location(
        area_id=area.id,
        community_id=refining.community_of(area),
        name=places.full_name(session, area.id),
        spot=mention.spot if mention else None,
    )
