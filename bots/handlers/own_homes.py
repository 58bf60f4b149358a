"""我的房屋: the homes of a resident as a list; by digit one becomes the usual one or is left."""

from collections.abc import Sequence

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from models import conversations, homes, places
from models.conversations import Question
from models.homes import Home

SEVERAL = ("choose", "leave", "nothing")
ONLY = ("leave", "nothing")


@registry.command("homes")
def own_homes(chat: Chat, command: Command) -> Reply:
    kept = homes.homes_of(chat.session, chat.person_id)
    if not kept:
        return chat.ask("home_address", "bind_first", said=None)
    if len(kept) == 1:
        return _offer(chat, kept[0], ONLY)
    return chat.ask(
        "home_picked",
        "home_list",
        keep={"homes": [one.id for one in kept]},
        homes=[{"place": _place(chat, one), "room": one.room, "state": one.state} for one in kept],
        is_chosen=kept[0].chosen_at is not None,
    )


@registry.question("home_picked")
def home_picked(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    offered = question.context["homes"]
    if digit is None or not 1 <= digit <= len(offered):
        return None
    conversations.close(question, chat.now)
    return _offer(chat, _own(chat, offered[digit - 1]), SEVERAL)


def _offer(chat: Chat, home: Home, acts: Sequence[str]) -> Reply:
    return chat.ask(
        "home_change",
        "home_shown",
        keep={"home_id": home.id, "acts": list(acts)},
        place=_place(chat, home),
        room=home.room,
        state=home.state,
        acts=acts,
    )


@registry.question("home_change")
def home_change(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    acts = question.context["acts"]
    if digit is None or not 1 <= digit <= len(acts):
        return None
    conversations.close(question, chat.now)
    act, home = acts[digit - 1], _own(chat, question.context["home_id"])
    if act == "choose":
        homes.choose_usual(chat.session, home, chat.now, chat.account)
    elif act == "leave":
        homes.leave(chat.session, home, chat.now, chat.account)
    usual = homes.current_home(chat.session, chat.person_id)
    return chat.say(
        "home_changed",
        act=act,
        place=_place(chat, home),
        usual=_place(chat, usual) if usual else None,
    )


def _own(chat: Chat, home_id: int) -> Home:
    return homes.find_own(chat.session, home_id, chat.person_id)


def _place(chat: Chat, home: Home) -> str:
    return places.full_name(chat.session, home.area_id)
