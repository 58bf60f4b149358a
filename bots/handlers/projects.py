"""项目 in chat: who answers for some sees them, and tells their progress in one line."""

from typing import Any

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from models import milestones
from models.projects import going, lists, telling
from models.projects.table import Project


@registry.command("project")
def project_command(chat: Chat, command: Command) -> Reply:
    """项目 3 已完成打桩; alone: what this person answers for."""
    if command.number is None:
        found = lists.answered_for(chat.session, chat.person_id, chat.now)
        return chat.say("project_list", projects=[_facts(chat, one) for one in found])
    one = lists.row_in(chat.session, command.number, chat.person_id, chat.now).project
    said = chat.as_said(command.text)
    if not said:
        return chat.say("project_list", projects=[_facts(chat, one)])
    going.note(chat.session, one, said, by=chat.person_id, at=chat.now)
    return chat.say("project_kept", **_facts(chat, one))


def _facts(chat: Chat, one: Project) -> dict[str, Any]:
    waiting = lists.waiting(chat.session, one)
    following = milestones.facts(waiting[0]) if waiting else None
    return telling.facts(chat.session, one) | {
        "is_late": one.is_late(chat.now),
        "next": following,
    }
