"""What a caller or visitor says, understood as in chat, for staff who enter it 代录."""

from dataclasses import replace

from sqlalchemy.orm import Session

from bots.accusation import accused
from bots.handlers import intake
from bots.lexicon import Lexicon
from bots.places_in_text import PlaceMention
from bots.things import things_in
from bots.understand import Understanding, understand
from config.categories import Intent, Urgency
from models import places
from models.accounts import MAIN
from models.places import Area
from models.tickets import refining
from models.tickets.opening import Report

NO_MATTER = frozenset({Intent.CHITCHAT, Intent.ABUSE})


def heard(words: str, lexicon: Lexicon) -> Understanding:
    """Pure. Whoever was entered by staff has a matter, however it is put."""
    meant = intake.provisional(understand(words, lexicon), things_in(words))
    if meant.intent in NO_MATTER:
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
    about = accused(words, meant)
    area = area or _named(session, meant.place)
    needs_no_class = meant.urgency == Urgency.EMERGENCY or meant.intent in intake.FOR_COMMUNITY
    return Report(
        account=MAIN,
        reporter_id=reporter_id,
        text=words,
        category=meant.category,
        subcategory=meant.subcategory,
        urgency=meant.urgency,
        intent=meant.intent,
        emergency=meant.emergency,
        confidence=meant.confidence,
        evidence=[(one.word, one.weight) for one in meant.evidence],
        about=about,
        hides_reporter=is_anonymous or about is not None,
        area_id=area.id if area else None,
        community_id=refining.community_of(area) if area else None,
        place_name=places.full_name(session, area.id) if area else None,
        spot=meant.place.spot if meant.place else None,
        things=things_in(words),
        is_class_known=intake.is_sure(meant) or needs_no_class,
    )


def _named(session: Session, mention: PlaceMention | None) -> Area | None:
    estate = mention.estate if mention else None
    found = places.estate_named(session, estate) if estate else None
    if mention is None or found is None:
        return None
    building = places.building_in(session, found[0], mention.building) if mention.building else None
    return session.get_one(Area, building[0] if building else found[0])
