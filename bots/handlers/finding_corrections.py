"""A count set right: by what was named, else the last entry; of two that fit it is asked."""

from bots import operation_views, registry
from bots.chat import Chat
from bots.findings_in_text import Correction
from bots.message import Reply
from models import conversations
from models.conversations import Question
from models.operations import finding, lists
from models.operations.table import Finding, Operation


def take(chat: Chat, operation: Operation, corrected: Correction) -> Reply:
    """The latest entry of this person that fits what was named; of two that fit it is asked."""
    mine = lists.findings(chat.session, operation, chat.person_id)
    fitting = [one for one in mine if _fits(one, corrected)]
    if not fitting:
        return chat.say("finding_none", **operation_views.facts(chat, operation))
    if corrected.count == 0:
        return chat.say("finding_undo_hint")
    last = [one for one in fitting if one.at == fitting[-1].at]
    if len(last) == 1:
        return _set(chat, last[0], corrected.count)
    return chat.ask(
        "which_finding",
        "finding_which",
        keep={"ids": [one.id for one in last], "count": corrected.count},
        hours=1,
        findings=[operation_views.entry(one) for one in last],
        count=corrected.count,
    )


def _fits(one: Finding, corrected: Correction) -> bool:
    if corrected.kind is not None and one.kind != corrected.kind:
        return False
    row = finding.kinds().get(one.kind or "")
    units = (row["unit"], *row["same"], one.unit) if row else (one.unit,)
    return corrected.unit is None or corrected.unit in units


@registry.question("which_finding")
def which_finding(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    conversations.close(question, chat.now)
    row = chat.session.get_one(Finding, ids[digit - 1])
    return _set(chat, row, question.context["count"])


def _set(chat: Chat, row: Finding, count: int) -> Reply:
    finding.correct(chat.session, row, by=chat.person_id, at=chat.now, count=count)
    return chat.say("finding_corrected", kept=[operation_views.entry(row)])
