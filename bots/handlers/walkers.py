"""Where somebody serves, stands and finds: what a finding is placed by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots import locations
from bots.chat import Chat
from bots.locations import Location
from bots.understand import Understanding
from models.hazards import lists
from models.hazards.flow import Finder
from models.patrols import rounds
from models.patrols.table import CheckPoint, Round
from models.places import Area


@dataclass(frozen=True, slots=True)
class Walker:
    """巡查人 — as what somebody finds, where they serve, and where they last stood."""

    kind: Finder
    area_id: int | None
    round: Round | None = None
    point: CheckPoint | None = None

    @property
    def needs_no_command(self) -> bool:
        """Who patrols, or is on a round, says plainly what there is."""
        return self.kind == Finder.PATROL or self.round is not None


def walker(chat: Chat) -> Walker:
    kind, area_id = lists.post_of(chat.session, chat.person_id, chat.now)
    walk = rounds.under_way(chat.session, chat.person_id, chat.now)
    if walk is None:
        return Walker(kind, area_id)
    point = rounds.standing_at(chat.session, walk, chat.now)
    # A volunteer who walks a round is a patrol as long as it lasts.
    kind = Finder.PATROL if kind == Finder.RESIDENT else kind
    return Walker(kind, area_id, walk, point)


def where(
    chat: Chat, who: Walker, kept: Mapping[str, Any], meant: Understanding
) -> tuple[Location, CheckPoint | None]:
    """What was named, else the point just scanned, else where they serve; never their home."""
    if is_named(meant) or who.point is None:
        return _where(chat, who, kept, meant), None
    spot = meant.place.spot if meant.place else None
    area = chat.session.get_one(Area, who.point.area_id)
    location = locations.area_location(
        chat, area.id, spot or who.point.name.removeprefix(area.name)
    )
    return location, who.point


def _where(chat: Chat, who: Walker, kept: Mapping[str, Any], meant: Understanding) -> Location:
    """What was named or scanned, else where they serve; never the home they happen to have."""
    mention = meant.place
    spot = mention.spot if mention else None
    if mention is not None and mention.building and not mention.estate and who.area_id:
        building = lists.building_within(chat.session, who.area_id, mention.building)
        if building is not None:
            return locations.area_location(chat, building.id, spot)
    if is_named(meant) or kept.get("area_id") is not None or who.area_id is None:
        return locations.locate(chat, mention, kept)
    return locations.area_location(chat, who.area_id, spot)


def is_named(meant: Understanding) -> bool:
    return meant.place is not None and bool(meant.place.building or meant.place.estate)
