"""The plain facts of legacy problems that templates put into words."""

from typing import Any

from bots.chat import Chat
from models.legacy import lists, sides, telling
from models.legacy.flow import PUBLIC
from models.legacy.table import LegacyProblem
from models.people import Person
from models.tickets.table import Ticket


def facts(chat: Chat, problem: LegacyProblem) -> dict[str, Any]:
    return telling.facts(chat.session, problem)


def whole(chat: Chat, problem: LegacyProblem) -> dict[str, Any]:
    """Everything for who works on it."""
    notes = lists.progress(chat.session, problem, 2)
    return facts(chat, problem) | {
        "plan": problem.plan or "",
        "result": problem.result or "",
        "milestones": milestones(chat, problem),
        "notes": [{"text": one.text or "", "at": one.at.isoformat()} for one in notes],
        "force": [
            {
                "role": one.role,
                "department": one.department,
                "name": chat.session.get_one(Person, one.person_id).name,
            }
            for one in sides.force(chat.session, problem)
        ],
        "tickets": [one.id for one in sides.tickets(chat.session, problem)],
    }


def milestones(chat: Chat, problem: LegacyProblem) -> list[dict[str, Any]]:
    return [telling.of_milestone(one) for one in lists.milestones(chat.session, problem)]


def of_ticket(chat: Chat, ticket: Ticket) -> dict[str, Any] | None:
    """What a resident reads beside their ticket; nothing before there is a plan."""
    problem = lists.of_ticket(chat.session, ticket.id)
    if problem is None or problem.state not in PUBLIC:
        return None
    return facts(chat, problem) | {"milestones": milestones(chat, problem)}
