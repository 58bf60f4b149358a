"""What an attempt's end changes: the message, and the rights of who it was for."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from config.policy import load
from jobs.channels.choice import give_back
from jobs.channels.postman import Outcome, Parcel, Taken, Unclear, Unwordable
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.rulings import Action
from jobs.channels.wire import NotReached
from models import attempts, consents, rights
from models.accounts import EVERY_API, stop
from models.attempts import Accepted, Claimed
from models.outbox import Channel, Quiet
from models.quiet_hours import after_quiet_hours

log = structlog.get_logger(__name__)

LONG_REST = timedelta(minutes=10)


End = tuple[Parcel, Outcome]


def settle_each(session: Session, ends: Sequence[End], now: datetime) -> None:
    """Applies each outcome; does nothing to a message whose lease has gone elsewhere.

    What the platform has taken, as it mostly does, is noted together.
    """
    for parcel, outcome in ends:
        _log(parcel, outcome)
        if not isinstance(outcome, Taken):
            _settle(session, parcel, outcome, now)
    taken = [
        Accepted(parcel.message, outcome.platform_id, outcome.errcode)
        for parcel, outcome in ends
        if isinstance(outcome, Taken)
    ]
    for one, is_noted in zip(taken, attempts.sent_each(session, taken, now), strict=True):
        if not is_noted:
            log.warning("sent_after_the_lease", message_id=one.message.id)


def _log(parcel: Parcel, outcome: Outcome) -> None:
    log.info(
        "message_tried",
        message_id=parcel.message.id,
        ticket=parcel.message.ticket_id,
        channel=parcel.route.channel,
        attempts=parcel.message.attempts,
        end=type(outcome).__name__,
        errcode=getattr(outcome, "errcode", None),
    )


def _settle(session: Session, parcel: Parcel, outcome: Outcome, now: datetime) -> None:
    if not isinstance(outcome, Unclear | ApiRefused):
        give_back(session, parcel.route)
    AFTER[type(outcome)](session, parcel, outcome, now)


def _unclear(session: Session, parcel: Parcel, outcome: Unclear, now: datetime) -> None:
    attempts.doubtful(session, parcel.message, outcome.reason)


def _unwordable(session: Session, parcel: Parcel, outcome: Unwordable, now: datetime) -> None:
    message = parcel.message
    log.error(
        "alert",
        about="template",
        message_id=message.id,
        template=message.template,
        error=outcome.reason,
    )
    attempts.failed(session, message, None, f"template: {outcome.reason}")


def _refused(session: Session, parcel: Parcel, outcome: ApiRefused, now: datetime) -> None:
    AFTER_REFUSAL[outcome.ruling.action](session, parcel, outcome, now)


def _resting(session: Session, parcel: Parcel, outcome: ApiStopped, now: datetime) -> None:
    # Messages of a stopped account are not claimed, so they need hardly any later time.
    rest(session, parcel.message, outcome.until if outcome.api else now, now)


def _not_reached(session: Session, parcel: Parcel, outcome: NotReached, now: datetime) -> None:
    _retry_later(session, parcel.message, None, str(outcome), now, "attempts_unreachable")


def rest(session: Session, message: Claimed, until: datetime, now: datetime) -> None:
    """Keeps its place until the platform takes messages again, and looks in between whether staff
    have ended the stop; a long rest may end at night."""
    look = now + timedelta(minutes=load("channels")["delivery"]["stop_minutes"])
    soon = now + timedelta(seconds=load("channels")["delivery"]["first_wait_seconds"])
    until = max(soon, min(until, look))
    if until - now > LONG_REST and message.quiet is Quiet.RESPECT:
        until = after_quiet_hours(until)
    attempts.untried(session, message, until, "the platform takes none for now")


def _without_credentials(
    session: Session, parcel: Parcel, outcome: CredentialsMissing, now: datetime
) -> None:
    account = parcel.route.account
    until = now + timedelta(minutes=load("channels")["delivery"]["stop_minutes"])
    if stop(session, account, EVERY_API, until, "no app id and secret", now):
        log.error("alert", about="credentials", account=account)
    attempts.untried(session, parcel.message, now, "no app id and secret")


def _busy(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    give_back(session, parcel.route)
    _retry_later(
        session,
        parcel.message,
        refusal.errcode,
        refusal.ruling.means,
        now,
        "attempts_busy",
        parcel.route.channel if parcel.route.channel is Channel.TEMPLATE else None,
    )


def _stopped(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    # The stop is on record; the next choice takes another channel or waits for its end.
    give_back(session, parcel.route)
    attempts.untried(session, parcel.message, now, refusal.ruling.means)


def _unsubscribed(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    rights.mark_unsubscribed(session, _whom(parcel))
    _next_channel(session, parcel, refusal, now)


def _refuses(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    rights.mark_refuses(session, _whom(parcel))
    _next_channel(session, parcel, refusal, now)


def _consent_gone(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    consents.clear(session, _whom(parcel), parcel.route.template_id)
    _next_channel(session, parcel, refusal, now)


def _window_gone(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    rights.close_window(session, _whom(parcel))
    _next_channel(session, parcel, refusal, now)


def _hold(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    give_back(session, parcel.route)
    attempts.held(session, parcel.message, f"{refusal.errcode} {refusal.ruling.means}")


def _permanent(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    give_back(session, parcel.route)
    attempts.failed(session, parcel.message, refusal.errcode, refusal.ruling.means)


def _whom(parcel: Parcel) -> int:
    return parcel.route.identity_id or 0


def _next_channel(session: Session, parcel: Parcel, refusal: ApiRefused, now: datetime) -> None:
    """The right is gone, so the next choice finds another way, or none."""
    message, means = parcel.message, refusal.ruling.means
    if message.attempts >= load("channels")["delivery"]["attempts_in_all"]:
        attempts.failed(session, message, refusal.errcode, means)
    else:
        attempts.again(session, message, now, refusal.errcode, means)


def _retry_later(
    session: Session,
    message: Claimed,
    errcode: int | None,
    reason: str,
    now: datetime,
    most: str,
    channel: Channel | None = None,
) -> None:
    policy = load("channels")["delivery"]
    if message.attempts >= policy[most]:
        attempts.failed(session, message, errcode, reason)
        return
    # Up to half as long again, so that messages of one moment do not all come back in another.
    spread = 1 + message.id % 10 / 20
    wait = policy["first_wait_seconds"] * 2 ** min(message.attempts - 1, 16) * spread
    due = now + timedelta(seconds=min(wait, policy["longest_wait_seconds"]))
    attempts.again(session, message, due, errcode, reason, channel or message.channel)


AFTER_REFUSAL: dict[Action, Callable[[Session, Parcel, ApiRefused, datetime], None]] = {
    Action.RETRY: _busy,
    Action.REFRESH_TOKEN: _busy,
    Action.NEXT_MINUTE: _stopped,
    Action.STOP_API: _stopped,
    Action.STOP_API_UNTIL_MIDNIGHT: _stopped,
    Action.STOP_ACCOUNT: _stopped,
    Action.MARK_UNSUBSCRIBED: _unsubscribed,
    Action.MARK_REFUSES: _refuses,
    Action.CLEAR_CONSENT: _consent_gone,
    Action.CLOSE_WINDOW: _window_gone,
    Action.HOLD: _hold,
    Action.TEXT_MENU: _hold,
    Action.PERMANENT: _permanent,
}

# Of all but Taken.
AFTER: dict[type, Callable[[Session, Parcel, Any, datetime], None]] = {
    Unclear: _unclear,
    Unwordable: _unwordable,
    ApiRefused: _refused,
    ApiStopped: _resting,
    CredentialsMissing: _without_credentials,
    NotReached: _not_reached,
}
