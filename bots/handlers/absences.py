"""请假: days and a stand-in in one line or by two questions; back again by a word."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from bots import absence_words, registry
from bots.absence_words import LeaveSaid
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from bots.rendering import label
from models import absences, conversations
from models.conversations import Question
from models.localtime import SHANGHAI
from models.people import Person
from models.posts import Absence, Post

NOBODY = 0
LISTED = 8
Draft = dict[str, Any]


@registry.command("leave")
def leave_command(chat: Chat, command: Command) -> Reply:
    """Their own leave, or that of somebody in their charge who is named."""
    posts = absences.in_charge_of(chat.session, chat.person_id, chat.now)
    if not posts:
        return chat.say("leave_without_post")
    said = absence_words.read(_words(command), chat.now)
    found = _whose(chat, posts, said.who)
    if found is None:
        return chat.say("leave_whose_unknown", said=said.who)
    return _go_on(chat, _draft(found, said), said)


def _words(command: Command) -> str:
    """A date begins with a number, which commands take for a ticket's."""
    return f"{command.number or ''}{command.text}"


def _whose(chat: Chat, posts: Sequence[Post], who: str) -> list[Post] | None:
    """The posts of the one person who is meant; None where that can not be told."""
    if not who:
        return [one for one in posts if one.person_id == chat.person_id]
    named = [one for one in posts if who in _label(chat, one) or who == _name(chat, one)]
    people = {one.person_id for one in named}
    if len(people) != 1:
        return None
    return [one for one in posts if one.person_id in people]


def _draft(posts: Sequence[Post], said: LeaveSaid) -> Draft:
    return {
        "posts": [one.id for one in posts],
        "first": said.first.isoformat() if said.first else None,
        "last": said.last.isoformat() if said.last else None,
        "substitute": said.substitute,
    }


def _go_on(chat: Chat, draft: Draft, said: LeaveSaid) -> Reply:
    posts = [chat.session.get_one(Post, one) for one in draft["posts"]]
    if said.first is None or said.last is None:
        known = absences.current(chat.session, draft["posts"], chat.now)
        return chat.ask(
            "leave_days",
            "leave_days_asked",
            keep=draft,
            leaves=[_line(chat, one) for one in known],
            stands_in=[
                _line(chat, one)
                for one in absences.stood_in_by(chat.session, chat.person_id, chat.now)
            ],
        )
    absences.check_days(said.first, said.last, chat.now)
    found = absences.substitutes_for(chat.session, posts[0], said.first, said.last, chat.now)
    named = [one for one, name in found if _is_called(chat, one, name, draft["substitute"])]
    if not found or len({one.person_id for one in named}) == 1:
        return _keep(chat, posts, said.first, said.last, named[0] if named else None)
    return _ask_substitute(chat, draft, (named or [one for one, _ in found])[:LISTED])


def _is_called(chat: Chat, post: Post, name: str | None, said: str) -> bool:
    """By name, or by the end of what the post is called: 幸福里小区3号楼楼长, 3号楼楼长."""
    return bool(said) and (said == name or _label(chat, post).endswith(said))


@registry.asks_words("leave_days")
def leave_days(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    said = absence_words.read(text, chat.now)
    if chat.is_alarm or said.first is None:
        return None
    conversations.close(question, chat.now)
    draft = {**question.context, **_draft([], said), "posts": question.context["posts"]}
    return _go_on(chat, draft, said)


def _ask_substitute(chat: Chat, draft: Draft, offered: Sequence[Post]) -> Reply:
    return chat.ask(
        "leave_substitute",
        "leave_substitute_asked",
        keep={**draft, "offered": [one.id for one in offered]},
        said=draft["substitute"],
        is_known=any(
            _is_called(chat, one, _name(chat, one), draft["substitute"]) for one in offered
        ),
        first=_noon(date.fromisoformat(draft["first"])),
        last=_noon(date.fromisoformat(draft["last"])),
        offered=[{"post": _label(chat, one), "name": _name(chat, one)} for one in offered],
    )


@registry.question("leave_substitute")
def leave_substitute(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    offered = question.context["offered"]
    if digit is None:
        return None
    if digit > len(offered):
        return chat.say("not_a_choice", most=len(offered))
    conversations.close(question, chat.now)
    session, draft = chat.session, question.context
    chosen = None if digit == NOBODY else session.get_one(Post, offered[digit - 1])
    posts = [session.get_one(Post, one) for one in draft["posts"]]
    first, last = date.fromisoformat(draft["first"]), date.fromisoformat(draft["last"])
    return _keep(chat, posts, first, last, chosen)


def _keep(
    chat: Chat, posts: Sequence[Post], first: date, last: date, substitute: Post | None
) -> Reply:
    """Who is away is away from every post; each is stood in for where that person may."""
    kept = []
    for post in posts:
        absence = absences.enter(
            chat.session,
            post,
            first,
            last,
            _fitting(chat, post, first, last, substitute),
            by=chat.person_id,
            at=chat.now,
            account=chat.account,
        )
        kept.append(_line(chat, absence))
    return chat.say("leave_kept", leaves=kept, is_own=posts[0].person_id == chat.person_id)


def _fitting(
    chat: Chat, post: Post, first: date, last: date, substitute: Post | None
) -> Post | None:
    """Of whoever was chosen, the post that may stand in for this one."""
    if substitute is None:
        return None
    found = absences.substitutes_for(chat.session, post, first, last, chat.now)
    theirs = [one for one, _ in found if one.person_id == substitute.person_id]
    return substitute if substitute in theirs else next(iter(theirs), None)


@registry.command("back")
def back_command(chat: Chat, command: Command) -> Reply:
    """Ends a leave at once: their own, or that of somebody in their charge who is named."""
    posts = absences.in_charge_of(chat.session, chat.person_id, chat.now)
    found = _whose(chat, posts, absence_words.read(_words(command), chat.now).who) or []
    known = absences.current(chat.session, [one.id for one in found], chat.now)
    spells = {(one.since, one.until): one for one in known}
    if len(spells) <= 1:
        return _end(chat, known)
    return chat.ask(
        "leave_ended",
        "leave_which",
        keep={"ids": [one.id for one in spells.values()]},
        leaves=[_line(chat, one) for one in spells.values()],
    )


@registry.question("leave_ended")
def leave_ended(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None or not 1 <= digit <= len(ids):
        return None
    conversations.close(question, chat.now)
    chosen = absences.find(chat.session, ids[digit - 1])
    post = chat.session.get_one(Post, chosen.post_id)
    posts = absences.in_charge_of(chat.session, chat.person_id, chat.now)
    theirs = [one.id for one in posts if one.person_id == post.person_id]
    known = absences.current(chat.session, theirs, chat.now)
    same = [one for one in known if (one.since, one.until) == (chosen.since, chosen.until)]
    return _end(chat, same)


def _end(chat: Chat, known: Sequence[Absence]) -> Reply:
    shown = [_line(chat, one) for one in known]
    for one in known:
        absences.end(chat.session, one, by=chat.person_id, at=chat.now, account=chat.account)
    return chat.say("leave_ended", leaves=shown)


@registry.command("no_stand_in")
def no_stand_in_command(chat: Chat, command: Command) -> Reply:
    """Who was named to stand in need not say why not."""
    found = absences.stood_in_by(chat.session, chat.person_id, chat.now)
    if len(found) <= 1:
        return _decline(chat, found)
    return chat.ask(
        "stand_in_declined",
        "stand_in_which",
        keep={"ids": [one.id for one in found]},
        leaves=[_line(chat, one) for one in found],
    )


@registry.question("stand_in_declined")
def stand_in_declined(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None or not 1 <= digit <= len(ids):
        return None
    conversations.close(question, chat.now)
    return _decline(chat, [absences.find(chat.session, ids[digit - 1])])


def _decline(chat: Chat, found: Sequence[Absence]) -> Reply:
    shown = [_line(chat, one) for one in found]
    for one in found:
        absences.decline(chat.session, one, by=chat.person_id, at=chat.now, account=chat.account)
    return chat.say("stand_in_declined", leaves=shown)


def _line(chat: Chat, absence: Absence) -> dict[str, Any]:
    """A leave as people read it."""
    session = chat.session
    stand_in = session.get(Post, absence.substitute_id) if absence.substitute_id else None
    return {
        "post": _label(chat, session.get_one(Post, absence.post_id)),
        "since": absence.since.isoformat(),
        "last": _noon(absences.last_day(absence)),
        "substitute": (_name(chat, stand_in) or _label(chat, stand_in)) if stand_in else None,
    }


def _label(chat: Chat, post: Post) -> str:
    title = label(post.department, "department") if post.department else ""
    return f"{absences.name_of(chat.session, post)}{title}{label(post.role, 'role')}"


def _name(chat: Chat, post: Post) -> str | None:
    return chat.session.get_one(Person, post.person_id).name


def _noon(day: date) -> str:
    return datetime.combine(day, time(12), SHANGHAI).isoformat()
