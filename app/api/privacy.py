"""What is kept of who asks: shown, agreed to by purpose, taken away as a copy, destroyed."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from app.api.routes import Call, Work, reads, sets
from app.api.schemas import Given, Sent
from bots.handlers.consents import OFFERED
from bots.my_messages import all_worded
from models import erasure, own_data, privacy_consents
from models.errors import NotFound
from models.privacy_consents import ConsentDoor, Purpose


class ConsentOut(Given):
    """同意 — how one stands to one purpose."""

    purpose: str
    standing: str
    at: datetime | None


class PrivacyOut(Given):
    version: str
    consents: list[ConsentOut]
    tickets: int
    messages: int
    homes: int


class OwnCopy(Given):
    """本人数据 — everything that is kept of one, section by section."""

    kept: dict[str, list[dict[str, Any]]]
    messages: list[dict[str, Any]]


class Sure(Sent):
    """确认 — asked a second time, they are."""

    is_sure: Literal[True]


@reads("/privacy", gives=PrivacyOut)
def show_privacy(call: Call) -> Work:
    """What is kept, and what one has agreed to."""
    return lambda session: _privacy(session, call)


@sets("/privacy/consents/<purpose>", gives=PrivacyOut, refuses=("not_found",))
def give_consent(call: Call, purpose: str) -> Work:
    """Agree to this purpose, as the notice says it now."""

    def work(session: Session) -> PrivacyOut:
        by = {"door": ConsentDoor.API, "at": call.now}
        privacy_consents.give(session, call.who.person_id, _purpose(purpose), **by)
        return _privacy(session, call)

    return work


@sets("/privacy/consents/<purpose>", method="DELETE", gives=PrivacyOut, refuses=("not_found",))
def withdraw_consent(call: Call, purpose: str) -> Work:
    """Agree no longer; what was kept for it alone goes."""

    def work(session: Session) -> PrivacyOut:
        by = {"door": ConsentDoor.API, "at": call.now, "account": call.who.account}
        privacy_consents.withdraw(session, call.who.person_id, _purpose(purpose), **by)
        return _privacy(session, call)

    return work


@reads("/privacy/copy", gives=OwnCopy)
def copy_own_data(call: Call) -> Work:
    """Everything that is kept of one, to take along."""

    def work(session: Session) -> OwnCopy:
        person_id = call.who.person_id
        sent = all_worded(session, person_id)
        messages = [{"at": one.at, "text": one.text} for one in sent]
        return OwnCopy(kept=own_data.copy_of(session, person_id), messages=messages)

    return work


@sets("/privacy/erasure", takes=Sure, status=204)
def erase_me(call: Call, body: Sure) -> Work:
    """Have all that is personal destroyed; open matters go on without one's name."""
    return lambda session: erasure.erase(session, call.who.person_id, call.now)


def _purpose(name: str) -> Purpose:
    found = next((one for one in OFFERED if one == name), None)
    if found is None:
        raise NotFound
    return found


def _privacy(session: Session, call: Call) -> PrivacyOut:
    person_id = call.who.person_id
    agreed = privacy_consents.agreed(session, person_id)
    kept = erasure.summary(session, person_id)
    return PrivacyOut(
        version=privacy_consents.version(),
        consents=[
            ConsentOut(purpose=one, standing=agreed[one].standing, at=agreed[one].at)
            for one in OFFERED
        ],
        tickets=kept["total"],
        messages=kept["messages"],
        homes=len(kept["homes"]),
    )
