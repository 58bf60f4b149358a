"""Where an outside system is told: set, given another secret, stopped, taken up again."""

import base64
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from config.policy import load
from models import on_duty, outside_systems
from models.errors import NotFound
from models.outside_systems import OutsideSystem, SystemUnfit
from models.roster.rights import Right, roles_with
from models.webhooks.table import StopReason, WebhookEndpoint

LONGEST_ADDRESS = 500
SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32


def set_address(
    session: Session, system_id: int, address: str, *, by: int, at: datetime
) -> str | None:
    """The secret of a first address, which nobody sees again; a changed address keeps its own."""
    system = outside_systems.kept(session, system_id, by=by, at=at)
    fit = _fit(address)
    endpoint = session.get(WebhookEndpoint, system.id)
    secret = None
    if endpoint is None:
        secret = _new_secret()
        endpoint = WebhookEndpoint(system_id=system.id, secret=secret)
        session.add(endpoint)
    endpoint.address, endpoint.set_at = fit, at
    _start_afresh(endpoint)
    outside_systems.tell(
        session, system, "webhook_address_set", at, by, host=urlsplit(fit).hostname
    )
    return secret


def new_secret(session: Session, system_id: int, *, by: int, at: datetime) -> str:
    """The former one signs beside it for a while, so that nothing is refused meanwhile."""
    endpoint = _kept(session, system_id, by=by, at=at)
    hours = load("webhooks")["sending"]["former_secret_hours"]
    endpoint.former_secret, endpoint.former_until = endpoint.secret, at + timedelta(hours=hours)
    endpoint.secret = secret = _new_secret()
    system = session.get_one(OutsideSystem, system_id)
    outside_systems.tell(session, system, "webhook_secret_made", at, by)
    return secret


def restart(session: Session, system_id: int, *, by: int, at: datetime) -> None:
    """What has failed meanwhile is sent again by hand alone."""
    endpoint = _kept(session, system_id, by=by, at=at)
    _start_afresh(endpoint)
    outside_systems.tell(
        session, session.get_one(OutsideSystem, system_id), "webhook_restarted", at, by
    )


def stop(session: Session, endpoint: WebhookEndpoint, reason: StopReason, at: datetime) -> None:
    """It answers no more, or wants nothing more: who keeps the system is told."""
    endpoint.stopped_at, endpoint.stop_reason = at, reason
    _tell_keepers(session, endpoint, "webhook_stopped", at, stop_reason=reason)


def note_failure(session: Session, endpoint: WebhookEndpoint, at: datetime) -> timedelta:
    """How long nothing but failures has come of it; after a while who keeps the system is told."""
    endpoint.failing_since = endpoint.failing_since or at
    failing_for = at - endpoint.failing_since
    patience = timedelta(hours=load("webhooks")["sending"]["tell_after_hours"])
    if failing_for >= patience and endpoint.failing_told_at is None:
        endpoint.failing_told_at = at
        _tell_keepers(session, endpoint, "webhook_failing", at)
    return failing_for


def note_success(session: Session, endpoint: WebhookEndpoint, at: datetime) -> None:
    """Taken up again by itself; who was told of the failures is told of that, too."""
    if endpoint.failing_told_at is not None:
        _tell_keepers(session, endpoint, "webhook_working", at)
    _forget_failures(endpoint)


def signing_secrets(endpoint: WebhookEndpoint, at: datetime) -> list[bytes]:
    """As bytes, the one in force first."""
    texts = [endpoint.secret]
    if endpoint.former_secret and endpoint.former_until and at < endpoint.former_until:
        texts.append(endpoint.former_secret)
    return [base64.b64decode(one.removeprefix(SECRET_PREFIX)) for one in texts]


def _kept(session: Session, system_id: int, *, by: int, at: datetime) -> WebhookEndpoint:
    system = outside_systems.kept(session, system_id, by=by, at=at)
    endpoint = session.get(WebhookEndpoint, system.id)
    if endpoint is None:
        raise NotFound(number=str(system_id))
    return endpoint


def _tell_keepers(
    session: Session, endpoint: WebhookEndpoint, verb: str, at: datetime, **detail: str
) -> None:
    system = session.get_one(OutsideSystem, endpoint.system_id)
    keepers = [
        one.person_id
        for one in on_duty.holders_at(session, system.area_id, at)
        if one.role in roles_with(Right.OUTSIDE)
    ]
    outside_systems.tell(session, system, verb, at, None, keepers, **detail)


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failing_since = endpoint.failing_told_at = endpoint.rests_until = None


def _start_afresh(endpoint: WebhookEndpoint) -> None:
    _forget_failures(endpoint)
    endpoint.stopped_at = endpoint.stop_reason = None


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _fit(address: str) -> str:
    """Whether it is an address at all; where it leads is looked at with each sending."""
    try:
        parts = urlsplit(address.strip())
        is_fit = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.username is None
            and not parts.fragment
            and parts.port != 0
            and address.isascii()
            and not re.search(r"\s", address.strip())
            and len(address) <= LONGEST_ADDRESS
        )
    except ValueError:
        is_fit = False
    if not is_fit:
        raise SystemUnfit(field="address")
    return address.strip()
