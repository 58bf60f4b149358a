"""A plan in one line or step by step: what is missing is asked, then it is confirmed once."""

from collections import Counter
from datetime import date, datetime, time
from typing import Any

from bots import operation_words, registry
from bots.chat import Chat
from bots.message import Reply
from bots.moments_in_text import When
from bots.operation_words import Named
from config.policy import load
from models import conversations, places
from models.conversations import Question
from models.errors import NotAllowed
from models.operations import planning, sides
from models.operations.areas import plannable
from models.operations.planning import Plan
from models.posts import Role

YES, NO = 1, 2
STEPS = ("title", "area", "day", "time", "teams")  # asked in this order, where they are missing
DRAFT_HOURS = 1
Draft = dict[str, Any]


def may_plan(chat: Chat) -> bool:
    return bool(plannable(chat.session, chat.person_id, chat.now))


def nothing_yet(chat: Chat) -> Reply:
    """Whoever may plan is asked what about; the others read that there is nothing."""
    if not may_plan(chat):
        return chat.say("operation_none", may_plan=False)
    return _go_on(chat, _empty())


def begin(chat: Chat, text: str) -> Reply:
    areas = plannable(chat.session, chat.person_id, chat.now)
    if not areas:
        raise NotAllowed(number="")
    named = operation_words.read(text, areas, chat.now)
    return _go_on(chat, _filled(chat, _empty(), named))


def _empty() -> Draft:
    return {"title": "", "area": None, "day": None, "time": None, "roles": [], "departments": []}


def _filled(chat: Chat, draft: Draft, named: Named) -> Draft:
    """What was said now stands over what was said before."""
    area_id = _area(chat, named)
    day, at = _when(named.when, draft["day"], chat.now)
    return {
        "title": named.title or draft["title"],
        "area": area_id if area_id is not None else draft["area"],
        "day": day or draft["day"],
        "time": at or draft["time"],
        "roles": list(dict.fromkeys([*draft["roles"], *named.roles])),
        "departments": list(dict.fromkeys([*draft["departments"], *named.departments])),
    }


def _area(chat: Chat, named: Named) -> int | None:
    if named.area_id is None or named.building is None:
        return named.area_id
    row = places.building_in(chat.session, named.area_id, named.building)
    return row[0] if row else named.area_id


def _when(when: When, day: str | None, now: datetime) -> tuple[str | None, str | None]:
    """A time alone belongs to the day that was said before, else it is the next one to come."""
    at = when.time.isoformat() if when.time else None
    moment = when.moment(now)
    if when.day is None and day is None and moment is not None:
        return moment.date().isoformat(), at
    return (when.day.isoformat() if when.day else None), at


def _go_on(chat: Chat, draft: Draft, *, again: str | None = None) -> Reply:
    """Asks for the next thing that is missing, or whether it is right so."""
    step = next((one for one in STEPS if not _has(draft, one)), None)
    if step is None:
        return _ask_consent(chat, draft)
    return chat.ask(
        "operation_step",
        "operation_asked",
        keep={"draft": draft, "step": step, "again": again == step},
        hours=DRAFT_HOURS,
        step=step,
        is_again=again == step,
        areas=_estates(chat) if step == "area" else [],
        title=draft["title"],
    )


def _has(draft: Draft, step: str) -> bool:
    return bool(draft["roles"] or draft["departments"]) if step == "teams" else bool(draft[step])


def _estates(chat: Chat) -> list[str]:
    """A few names to choose from, each place by its first name."""
    areas = plannable(chat.session, chat.person_id, chat.now)
    names = {area_id: name for name, area_id in reversed(areas.items())}
    return list(names.values())[::-1][:6]


@registry.asks_words("operation_step")
def operation_step(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """What was missing; of two answers that do not fit the second is a matter of its own."""
    if chat.is_alarm:
        return None
    draft, step = question.context["draft"], question.context["step"]
    areas = plannable(chat.session, chat.person_id, chat.now)
    named = operation_words.read(chat.text, areas, chat.now)
    filled = _filled(chat, draft, named)
    if step == "title":
        filled["title"] = named.title or text[: load("operations")["plan"]["longest_title"]]
    else:
        filled["title"] = draft["title"]
    if not _has(filled, step):
        if question.context["again"]:
            return None
        return _go_on(chat, filled, again=step)
    conversations.close(question, chat.now)
    return _go_on(chat, filled)


def _ask_consent(chat: Chat, draft: Draft) -> Reply:
    plan = _plan(chat, draft)
    if plan.starts_at < chat.now:
        return _go_on(chat, draft | {"day": None, "time": None}, again="day")
    posts = sides.teams(chat.session, plan.area_id, plan.roles, plan.departments, plan.starts_at)
    posts = [one for one in posts if one.person_id != chat.person_id]
    counted = Counter((one.role, one.department) for one in posts)
    here = {one.department for one in posts}
    return chat.ask(
        "operation_consent",
        "operation_draft",
        keep={"draft": draft},
        hours=DRAFT_HOURS,
        title=plan.title,
        area=places.full_name(chat.session, plan.area_id),
        starts=plan.starts_at.isoformat(),
        teams=[
            {"role": role, "department": department, "count": count}
            for (role, department), count in counted.items()
        ],
        missing=[one for one in plan.departments if one not in here],
        nobody=[one for one in plan.roles if one not in {post.role for post in posts}],
    )


def _plan(chat: Chat, draft: Draft) -> Plan:
    when = When(date.fromisoformat(draft["day"]), time.fromisoformat(draft["time"]), "")
    starts_at = when.moment(chat.now)
    assert starts_at is not None
    return Plan(
        title=draft["title"],
        area_id=draft["area"],
        starts_at=starts_at,
        roles=tuple(Role(one) for one in draft["roles"]),
        departments=tuple(draft["departments"]),
    )


@registry.question("operation_consent")
def operation_consent(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """1 tells everybody, 2 drops it; words change or add something."""
    draft = question.context["draft"]
    if digit is None:
        return _changed(chat, question, draft)
    if digit not in (YES, NO):
        return chat.say("not_a_choice", most=NO)
    conversations.close(question, chat.now)
    if digit == NO:
        return chat.say("operation_dropped", title=draft["title"])
    operation = planning.plan(
        chat.session, _plan(chat, draft), by=chat.person_id, at=chat.now, account=chat.account
    )
    asked = len(sides.members(chat.session, operation))
    return chat.say(
        "operation_planned",
        asked=asked,
        operation_id=operation.id,
        title=operation.title,
        area=places.full_name(chat.session, operation.area_id),
        starts=operation.starts_at.isoformat(),
    )


def _changed(chat: Chat, question: Question, draft: Draft) -> Reply | None:
    """ "改成后天晚上8点", "再叫上供电": only what is named changes."""
    if chat.is_alarm:
        return None
    areas = plannable(chat.session, chat.person_id, chat.now)
    named = operation_words.read(chat.text, areas, chat.now)
    filled = _filled(chat, draft, named) | {"title": draft["title"]}
    if filled == draft:
        return None
    conversations.close(question, chat.now)
    return _go_on(chat, filled)
