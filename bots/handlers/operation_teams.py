"""再请人: further teams for an operation that is planned or under way."""

from bots import operation_views, operation_words, registry
from bots.chat import Chat
from bots.message import Reply
from bots.operation_words import Teams
from models import conversations
from models.conversations import Question
from models.operations import planning
from models.operations.table import Operation


def invite(chat: Chat, operation: Operation, teams: Teams) -> Reply:
    asked = planning.invite(chat.session, operation, *teams, by=chat.person_id, at=chat.now)
    return chat.say(
        "operation_asked_more",
        asked=[{"role": one.role, "department": one.department} for one in asked],
        **operation_views.facts(chat, operation),
    )


def ask(chat: Chat, operation: Operation, text: str) -> Reply:
    """Whom: said along with the choice, or asked for once."""
    roles, departments, _ = operation_words.read_teams(text)
    if roles or departments:
        return invite(chat, operation, (roles, departments))
    keep = {"operation": operation.id}
    facts = operation_views.facts(chat, operation)
    return chat.ask(
        "operation_whom", "operation_asked", keep=keep, step="teams", is_again=False, **facts
    )


@registry.question("operation_whom")
def operation_whom(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """What names nobody is a matter of its own."""
    roles, departments, left = operation_words.read_teams(chat.text)
    if chat.is_alarm or left or not (roles or departments):
        return None
    conversations.close(question, chat.now)
    operation = chat.session.get_one(Operation, question.context["operation"])
    return invite(chat, operation, (roles, departments))
