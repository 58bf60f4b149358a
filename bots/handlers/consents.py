"""What somebody agreed to in the privacy notice, purpose by purpose, and their changes of mind."""

from bots import registry
from bots.chat import Chat
from bots.message import Reply
from models import conversations, privacy_consents
from models.conversations import Question
from models.privacy_consents import ConsentDoor, Purpose, Standing

# Writing to us is agreeing to be answered: who no longer wants that has their data deleted.
OFFERED = (Purpose.HOME, Purpose.CARE, Purpose.HANDING_ON)
SELF, GUARDIAN = 1, 2
WITHDRAW = 1
ASKED = {"give": "privacy_consent_asked", "withdraw": "privacy_withdrawal_asked"}
ANSWERS = {"give": 3, "withdraw": 2}  # the last of each is no


def show(chat: Chat) -> Reply:
    now = privacy_consents.agreed(chat.session, chat.person_id)
    rows = [
        {"purpose": str(one), "standing": str(now[one].standing), "guardian": now[one].by_guardian}
        for one in OFFERED
    ]
    version = privacy_consents.version()
    return chat.ask("consents", "privacy_purposes", purposes=rows, version=version)


@registry.question("consents")
def choose(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None:
        return None
    if not 0 < digit <= len(OFFERED):
        return chat.say("not_a_choice", most=len(OFFERED))
    purpose = OFFERED[digit - 1]
    standing = privacy_consents.agreed(chat.session, chat.person_id)[purpose].standing
    conversations.close(question, chat.now)
    act = "withdraw" if standing == Standing.GIVEN else "give"
    keep = {"purpose": str(purpose), "act": act}
    return chat.ask("consent", ASKED[act], keep=keep, purpose=str(purpose))


@registry.question("consent")
def answer(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None:
        return None
    act, door = question.context["act"], ConsentDoor.CHAT
    if not 0 < digit <= ANSWERS[act]:
        return chat.say("not_a_choice", most=ANSWERS[act])
    conversations.close(question, chat.now)
    purpose = Purpose(question.context["purpose"])
    whose = chat.session, chat.person_id, purpose
    if act == "give" and digit in (SELF, GUARDIAN):
        is_guardian = digit == GUARDIAN
        privacy_consents.give(*whose, door=door, at=chat.now, by_guardian=is_guardian)
    elif act == "withdraw" and digit == WITHDRAW:
        privacy_consents.withdraw(*whose, door=door, at=chat.now, account=chat.account)
    standing = privacy_consents.agreed(chat.session, chat.person_id)[purpose].standing
    return chat.say("privacy_said", purpose=str(purpose), standing=str(standing))
