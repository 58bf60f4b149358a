"""Who is responsible here: my building head, my grid worker, and the numbers to call."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from bots.several_homes import lived_in
from config.policy import load
from models import dispatch, on_duty, places
from models.posts import UNPAID, Role

ANSWERING = (
    *(Role.BUILDING_HEAD, Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF),
    *(Role.PROPERTY_STAFF, Role.DUTY_DESK),
)


@registry.command("building_head")
def building_head(chat: Chat, command: Command) -> Reply:
    """Name and duty; a paid post with its duty phone, a neighbour without their own number."""
    if chat.speaker.home_id is None:
        return chat.ask("home_address", "bind_first", said=None)
    served = [served_by(chat.session, one, chat.now) for one in lived_in(chat)]
    return chat.say("who_is_responsible", buildings=served)


def served_by(session: Session, area_id: int, now: datetime) -> dict[str, Any]:
    """Who serves this building, and whether one of its own neighbours is its head."""
    people = _people(session, area_id, now)
    return {
        "place": places.full_name(session, area_id),
        "has_head": any(one["role"] == Role.BUILDING_HEAD for one in people),
        "people": [one for one in people if one["role"] in ANSWERING[:3]],
    }


@registry.command("phones")
def phones(chat: Chat, command: Command) -> Reply:
    home_id = chat.speaker.home_id
    people = _people(chat.session, home_id, chat.now) if home_id is not None else []
    return chat.say(
        "phones",
        emergency=load("phones")["emergency"],
        people=[one for one in people if one["phone"]],
    )


def _people(session: Session, area_id: int, now: datetime) -> list[dict[str, str | None]]:
    holders = on_duty.holders_at(session, area_id, now)
    phones = dispatch.duty_phones(session, [one.post_id for one in holders])
    found: dict[str, dict[str, str | None]] = {}
    for one in holders:
        if one.role in ANSWERING and one.role not in found:
            public = None if one.role in UNPAID else phones.get(one.post_id)
            found[one.role] = {"role": one.role, "name": one.name, "phone": public}
    return [found[role] for role in ANSWERING if role in found]
