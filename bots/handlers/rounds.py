"""巡查: begun and ended by a word, with or without check points; only the walker reads of it."""

from typing import Any

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import homes, patrols
from bots.message import Reply
from models.hazards import lists
from models.patrols import points, rounds
from models.patrols.table import Round
from models.places import Area


@registry.command("start_round")
def start_command(chat: Chat, command: Command) -> Reply:
    _, area_id = lists.post_of(chat.session, chat.person_id, chat.now)
    if area_id is None:
        return chat.say("round_without_post")
    before = rounds.under_way(chat.session, chat.person_id, chat.now)
    rounds.start(chat.session, chat.person_id, chat.account, area_id, at=chat.now)
    has_points = bool(points.within(chat.session, area_id))
    return chat.say("round_started", is_under_way=before is not None, has_points=has_points)


@registry.command("end_round")
def end_command(chat: Chat, command: Command) -> Reply:
    walk = rounds.under_way(chat.session, chat.person_id, chat.now)
    if walk is None:
        return chat.say("round_none")
    rounds.end(chat.session, walk, at=chat.now)
    return chat.say("round_shown", **_context(chat, walk))


@registry.command("round")
def round_command(chat: Chat, command: Command) -> Reply:
    """The walker's own list of the round under way, else of the last one."""
    walk = rounds.latest(chat.session, chat.person_id)
    return chat.say("round_shown", **_context(chat, walk)) if walk else chat.say("round_none")


def _context(chat: Chat, walk: Round) -> dict[str, Any]:
    return {
        "started_at": walk.started_at.isoformat(),
        "is_over": walk.ended_at is not None,
        "points": rounds.points_of(chat.session, walk),
        "hazards": [patrols.facts(one) for one in lists.of_round(chat.session, walk.id)],
    }


def scanned(chat: Chat, *, is_welcome: bool) -> Reply | None:
    """A check point's code: of the round under way, else of a place like any door."""
    point = points.by_scene(chat.session, chat.message.scene or "")
    if point is None:
        return None
    walk = None
    if chat.speaker.has_posts:
        walk = rounds.under_way(chat.session, chat.person_id, chat.now)
    if walk is None:
        area = chat.session.get_one(Area, point.area_id)
        return homes.at_door(chat, area, is_welcome=is_welcome)
    rounds.scan(chat.session, walk, point, at=chat.now)
    return chat.say("round_point_kept", name=point.name)
