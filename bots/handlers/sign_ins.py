"""Signing in to the console by scan: says what is being signed in to, and asks."""

from bots import registry
from bots.chat import Chat
from bots.message import Reply
from models import conversations, sign_in_scans, sign_ins
from models.conversations import Question

YES, NO = 1, 2
HOURS = sign_in_scans.LIFE.total_seconds() / 3600


def scanned(chat: Chat, scene: str) -> Reply:
    """Only who has work at a desk is asked; nobody else learns what the code was for."""
    if not sign_ins.posts_for_console(chat.session, chat.person_id, chat.now):
        return chat.say("sign_in_not_staff")
    scan = sign_in_scans.scanned(chat.session, scene, chat.person_id, chat.now)
    if scan is None:
        return chat.say("sign_in_too_late")
    return chat.ask(
        "sign_in",
        "sign_in_asked",
        keep={"scan": scan.id},
        hours=HOURS,
        code=scan.code,
        device=scan.device,
    )


@registry.question("sign_in")
def sign_in(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit not in (YES, NO):
        return None
    conversations.close(question, chat.now)
    answer = sign_in_scans.confirm if digit == YES else sign_in_scans.refuse
    if answer(chat.session, question.context["scan"], chat.person_id, chat.now) is None:
        return chat.say("sign_in_too_late")
    return chat.say("sign_in_confirmed" if digit == YES else "sign_in_refused")
