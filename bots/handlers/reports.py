"""The latest reports of the areas one supervises: a list, and the headline of the one chosen."""

from collections.abc import Sequence

from sqlalchemy import select

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from models import conversations
from models.conversations import Question
from models.metrics import sight
from models.places import Area
from models.reports import readers, sending
from models.reports.table import Report

SHOWN = 8


@registry.command("report")
def report_command(chat: Chat, command: Command) -> Reply:
    found = _latest(chat)
    if not found:
        return chat.say("report_none")
    if len(found) == 1:
        return _told(chat, found[0][0])
    rows = [
        {
            "area": name,
            "edition": one.edition,
            "first": one.first_on.isoformat(),
            "last": one.last_on.isoformat(),
        }
        for one, name in found
    ]
    keep = {"ids": [one.id for one, _ in found]}
    return chat.ask("which_report", "report_list", keep=keep, rows=rows)


@registry.question("which_report")
def which_report(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    report = chat.session.get_one(Report, ids[digit - 1])
    if report.area_id not in {one.id for one in _areas(chat)}:
        conversations.close(question, chat.now)
        return chat.say("report_none")
    return _told(chat, report)


def _latest(chat: Chat) -> Sequence[tuple[Report, str]]:
    rows = chat.session.execute(
        select(Report, Area.name)
        .join(Area, Area.id == Report.area_id)
        .where(Report.area_id.in_([one.id for one in _areas(chat)]))
        .order_by(Report.last_on.desc(), Report.area_id, Report.id.desc())
        .limit(SHOWN)
    )
    return [(row[0], row[1]) for row in rows]


def _areas(chat: Chat) -> Sequence[Area]:
    return readers.inside(chat.session, sight.supervised(chat.session, chat.person_id, chat.now))


def _told(chat: Chat, report: Report) -> Reply:
    """The figures as they are now, without what is about whoever asks."""
    hidden = sight.hidden(chat.session, chat.person_id, report.area_id, chat.now)
    return chat.say("report", **sending.headline(chat.session, report, hidden, chat.now))
