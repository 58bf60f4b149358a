"""The code by which somebody on the roll is known in chat, too."""

import re

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from models.errors import NotFound
from models.roster import join_codes


@registry.command("join_code")
def join_code(chat: Chat, command: Command) -> Reply:
    """The digits, however they are grouped."""
    code = re.sub(r"\D", "", f"{command.number or ''}{command.text}")
    if len(code) != join_codes.DIGITS:
        return chat.say("join_code_asked", digits=join_codes.DIGITS)
    join_codes.begin_try(chat.session, chat.person_id, chat.now)
    try:
        person = join_codes.take(chat.session, code, by=chat.person_id, at=chat.now)
    except NotFound:  # the try stays counted
        return chat.say("join_code_wrong")
    return chat.say("join_code_taken", name=person.name)
