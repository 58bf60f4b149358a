"""What an attempt's end changes: the message, and the rights of who it was for."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config.policy import load
from jobs.channels.choice import give_back
from jobs.channels.postman import Outcome, Parcel, Taken, Unclear, Unwordable
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.rulings import Action
from models import attempts, consents, rights
from models.accounts import EVERY_API, stop
from models.attempts import Claimed
from models.outbox import Channel, Quiet
from models.quiet_hours import after_quiet_hours

log = logging.getLogger(__name__)

LONG_REST = timedelta(minutes=10)


def settle(session: Session, parcel: Parcel, outcome: Outcome, now: datetime) -> None:
    """Applies one outcome; does nothing to a message whose lease has gone elsewhere."""
    message = parcel.message
    log.info("message %s by %s: %s", message.id, parcel.route.channel, type(outcome).__name__)
    if isinstance(outcome, Taken):
        if not attempts.sent(session, message, outcome.platform_id, outcome.errcode, now):
            log.warning("message %s was sent after its lease had ended", message.id)
    elif isinstance(outcome, Unclear):
        attempts.doubtful(session, message, outcome.reason)
    elif isinstance(outcome, Unwordable):
        give_back(session, parcel.route)
        log.error("alert: message %s: template %s: %s", message.id, message.template, outcome)
        attempts.failed(session, message, None, outcome.reason)
    elif isinstance(outcome, ApiRefused):
        log.info("message %s: %s", message.id, outcome)
        AFTER_REFUSAL[outcome.ruling.action](session, parcel, outcome, now)
    elif isinstance(outcome, ApiStopped):
        give_back(session, parcel.route)
        # Messages of a stopped account are not claimed, so they need no later time.
        rest(session, message, outcome.until if outcome.api else now, now)
    elif isinstance(outcome, CredentialsMissing):
        give_back(session, parcel.route)
        _without_credentials(session, message, now)
    else:
        give_back(session, parcel.route)
        _retry_later(session, message, None, str(outcome), now, "attempts_unreachable")


def rest(session: Session, message: Claimed, until: datetime, now: datetime) -> None:
    """Keeps its place until the platform takes messages again, and looks in between whether staff
    have ended the stop; a long rest may end at night."""
    look = now + timedelta(minutes=load("channels")["delivery"]["stop_minutes"])
    until = min(until, look)
    if until - now > LONG_REST and message.quiet is not Quiet.IGNORE:
        until = after_quiet_hours(until)
    attempts.untried(session, message, until, "the platform takes none for now")


def _without_credentials(session: Session, message: Claimed, now: datetime) -> None:
    until = now + timedelta(minutes=load("channels")["delivery"]["stop_minutes"])
    if stop(session, message.account, EVERY_API, until, "no app id and secret", now):
        log.error("alert: account %s has no app id and secret", message.account)
    attempts.untried(session, message, now, "no app id and secret")


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
