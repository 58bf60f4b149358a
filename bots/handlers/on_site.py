"""What is told on site: counted at once, corrected at a word, photographed if one likes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bots import findings_in_text, operation_views, registry
from bots.chat import Chat
from bots.findings_in_text import Told
from bots.handlers import finding_corrections
from bots.message import Reply
from config.policy import load
from models import conversations
from models.conversations import Question
from models.errors import TransitionNotAllowed
from models.operations import finding, lists
from models.operations.finding import Count
from models.operations.flow import OperationAction, OperationState
from models.operations.planning import ON_SITE
from models.operations.table import Finding, Operation
from models.tickets import lists as ticket_lists

YES, NO, DONE = 1, 2, 3
CHOICES = 4
NONE_OF_THEM = 0


@registry.asks_words(ON_SITE)
def on_site(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """Only what tells a result is taken; everything else goes its ordinary way."""
    if chat.is_alarm:
        return None
    operation = chat.session.get_one(Operation, question.context["operation"])
    if operation.state != OperationState.UNDER_WAY:
        return None
    corrected = findings_in_text.correction(chat.text)
    if corrected is not None:
        return finding_corrections.take(chat, operation, corrected)
    told = findings_in_text.read(chat.text)
    if told:
        return _take(chat, operation, told)
    if not findings_in_text.is_arrival(chat.text):
        return None
    finding.has_come(chat.session, operation, by=chat.person_id, at=chat.now)
    return chat.say("finding_arrived")


def take(chat: Chat, operation: Operation, text: str) -> Reply:
    """专项整治 12 拆除飞线3处: said for this one, whatever else is open."""
    if operation.state != OperationState.UNDER_WAY:
        raise TransitionNotAllowed(
            number=operation.number,
            state=operation.state,
            action=OperationAction.FIND,
            table="operation_state",
        )
    corrected = findings_in_text.correction(text)
    if corrected is not None:
        return finding_corrections.take(chat, operation, corrected)
    told = findings_in_text.read(text)
    if not told:
        return chat.say("finding_not_understood", **operation_views.facts(chat, operation))
    return _take(chat, operation, told)


def _take(chat: Chat, operation: Operation, told: Sequence[Told]) -> Reply:
    most = load("operations")["most_count"]
    told = [one for one in told if one.count is None or 0 < one.count <= most]
    counted = [one for one in told if one.count is not None]
    if not told:
        return chat.say("finding_not_understood", **operation_views.facts(chat, operation))
    rows = _keep(chat, operation, counted) if counted else []
    open_one = next((one for one in told if one.count is None), None)
    if open_one is not None:
        return _ask_count(chat, operation, open_one, rows)
    return _after(chat, operation, rows)


def _keep(chat: Chat, operation: Operation, told: Sequence[Told]) -> list[Finding]:
    named = _named_before(chat, operation)
    counts = [
        Count(
            one.kind or named.get(one.name),
            one.name,
            one.count or 0,
            one.unit,
            one.building,
            one.is_settled,
        )
        for one in told
    ]
    return finding.add(
        chat.session, operation, counts, text=chat.said, by=chat.person_id, at=chat.now
    )


def _named_before(chat: Chat, operation: Operation) -> dict[str, str | None]:
    """Of what somebody was asked before, the kind that was chosen; None: left as it is called."""
    return {one.name: one.kind for one in lists.findings(chat.session, operation)}


def _ask_count(chat: Chat, operation: Operation, told: Told, rows: Sequence[Finding]) -> Reply:
    keep = {
        "operation": operation.id,
        "kind": told.kind,
        "name": told.name,
        "unit": told.unit,
        "building": told.building,
        "is_settled": told.is_settled,
        "text": chat.said,
    }
    return chat.ask(
        "finding_count",
        "finding_count_asked",
        keep=keep,
        hours=1,
        label=finding.label_of(told.kind, told.name, is_settled=told.is_settled),
        unit=told.unit,
        kept=[operation_views.entry(one) for one in rows],
    )


@registry.question("finding_count")
def finding_count(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    number = digit if digit is not None else findings_in_text.number_alone(chat.text)
    if number is None:
        return None
    conversations.close(question, chat.now)
    if number == 0:
        return chat.say("finding_not_kept")
    asked = question.context
    operation = chat.session.get_one(Operation, asked["operation"])
    rows = finding.add(
        chat.session,
        operation,
        [
            Count(
                asked["kind"],
                asked["name"],
                number,
                asked["unit"],
                asked["building"],
                asked["is_settled"],
            )
        ],
        text=asked["text"],
        by=chat.person_id,
        at=chat.now,
    )
    return _after(chat, operation, rows)


def _after(chat: Chat, operation: Operation, rows: Sequence[Finding]) -> Reply:
    """Says what was kept; asks what kind it is where none is known, once for each name."""
    context: dict[str, Any] = {
        "kept": [operation_views.entry(one) for one in rows],
        "is_first": _is_first(chat, operation, rows),
    }
    strange = next((one for one in rows if one.kind is None), None)
    if strange is not None and not _was_asked(chat, operation, strange):
        keys = _likely(strange)
        return chat.ask(
            "finding_kind",
            "finding_kept",
            keep={"finding": strange.id, "keys": keys},
            hours=1,
            question="kind",
            name=strange.name,
            choices=[finding.kinds()[key]["label"] for key in keys],
            **context,
        )
    left_open = [one.id for one in rows if not one.is_settled]
    if left_open:
        keep = {"findings": left_open}
        return chat.ask(
            "finding_ticket", "finding_kept", keep=keep, hours=1, question="ticket", **context
        )
    return chat.say("finding_kept", question=None, **context)


def _is_first(chat: Chat, operation: Operation, rows: Sequence[Finding]) -> bool:
    """How to correct is told with a person's first entry."""
    mine = lists.findings(chat.session, operation, chat.person_id)
    return len(mine) == len(rows)


def _was_asked(chat: Chat, operation: Operation, strange: Finding) -> bool:
    return any(
        one.name == strange.name and one.id < strange.id
        for one in lists.findings(chat.session, operation)
    )


def _likely(strange: Finding) -> list[str]:
    """Kinds whose things sound like it, that are done in this way or counted in this unit."""
    name = strange.name
    pairs = [name[at : at + 2] for at in range(len(name) - 1)]
    worth = {
        key: 4 * any(pair in thing for thing in row["things"] for pair in pairs)
        + 2 * any(act in name for act in row["acts"])
        + (strange.unit in (row["unit"], *row["same"]))
        for key, row in finding.kinds().items()
    }
    return sorted(worth, key=lambda key: -worth[key])[:CHOICES]


@registry.question("finding_kind")
def finding_kind(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    keys = question.context["keys"]
    if digit is None:
        return None
    if not 0 <= digit <= len(keys):
        return chat.say("not_a_choice", least=NONE_OF_THEM, most=len(keys))
    conversations.close(question, chat.now)
    row = chat.session.get_one(Finding, question.context["finding"])
    if digit != NONE_OF_THEM:
        finding.correct(chat.session, row, by=chat.person_id, at=chat.now, kind=keys[digit - 1])
    return chat.say("finding_corrected", kept=[operation_views.entry(row)])


@registry.question("finding_ticket")
def finding_ticket(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None:
        return None
    if digit not in (YES, NO, DONE):
        return chat.say("not_a_choice", most=DONE)
    conversations.close(question, chat.now)
    rows = [chat.session.get_one(Finding, one) for one in question.context["findings"]]
    if digit == DONE:
        for one in rows:
            finding.settle(chat.session, one, by=chat.person_id, at=chat.now)
        return chat.say("finding_corrected", kept=[operation_views.entry(one) for one in rows])
    if digit == NO:
        return chat.say("finding_left")
    numbers = [
        finding.make_ticket(chat.session, one, by=chat.person_id, at=chat.now) for one in rows
    ]
    return chat.say("finding_ticketed", numbers=numbers)


def photo(chat: Chat, media_id: str) -> Reply | None:
    """A photo from somebody on site; None when it belongs to a matter they just reported."""
    if not (chat.speaker.has_posts and chat.speaker.has_questions):
        return None
    asked = conversations.open_questions(chat.session, chat.person_id, chat.now)
    here = next((one for one in asked if one.kind == ON_SITE), None)
    if here is None:
        return None
    operation = chat.session.get_one(Operation, here.context["operation"])
    if operation.state != OperationState.UNDER_WAY or _has_newer_matter(chat, operation):
        return None
    row = finding.keep_photo(chat.session, operation, media_id, by=chat.person_id, at=chat.now)
    line = operation_views.entry(row) if row else None
    return chat.say("finding_photo_kept", finding=line, **operation_views.facts(chat, operation))


def _has_newer_matter(chat: Chat, operation: Operation) -> bool:
    ticket = ticket_lists.recent_of(chat.session, chat.person_id, chat.now)
    row = finding.latest_of(chat.session, operation, chat.person_id, chat.now)
    since = row.at if row else chat.now - timedelta(days=1)
    return ticket is not None and ticket.opened_at > since
