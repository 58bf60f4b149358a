"""Access tokens on demand: one call for all threads and processes, under a lease in the store."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

import structlog
from sqlalchemy import select

from config.policy import load
from config.settings import Settings
from jobs.channels import stops
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wire import NotReached, Unanswered, Wire
from models import access_tokens
from models.access_tokens import NONE_YET, HeldToken
from models.accounts import EVERY_API, MAIN, MINI, Account
from models.base import Database

API = "/cgi-bin/stable_token"

Ask = Callable[[str], tuple[str, datetime]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account's name and password at the platform."""

    app_id: str
    secret: str


class Tokens:
    """The access tokens of every account this installation speaks for."""

    def __init__(
        self, database: Database, settings: Settings, wire: Wire, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._wire = wire
        self._clock = clock
        self._policy = load("channels")["token"]
        self._looking = Lock()
        self._looks: dict[tuple[str, str], tuple[float, HeldToken]] = {}
        self._from_settings = {
            MAIN: Credentials(settings.wechat_app_id, settings.wechat_secret),
            MINI: Credentials(settings.mini_app_id, settings.mini_secret),
        }

    def credentials(self, account: str) -> Credentials:
        known = self._from_settings.get(account)
        if known is None:
            with self._database.reading() as session:
                row = session.get(Account, account)
                known = Credentials(row.app_id or "", row.secret or "") if row else None
        if known is None or not (known.app_id and known.secret):
            raise CredentialsMissing(account)
        return known

    def accounts(self) -> list[str]:
        """Every account that has credentials."""
        with self._database.reading() as session:
            keys = session.scalars(select(Account.key).where(Account.app_id.is_not(None))).all()
        named = {key for key, known in self._from_settings.items() if known.app_id}
        return sorted(named.union(keys))

    def try_credentials(self, account: str) -> None:
        """Asks for a token, whatever is held: the platform gives out the same one again. Raises
        ApiRefused, CredentialsMissing, NotReached, Unanswered; nothing is kept of the answer."""
        self._ask(account)

    def current(self, account: str, api: str = EVERY_API) -> HeldToken:
        """A token for a call of this API now, or ApiStopped. One near its end is renewed, and
        used while that fails."""
        now = self._clock()
        held = self._look(account, api, now)
        if held.lasts_until(now + timedelta(seconds=self._policy["renew_before_seconds"])):
            return held
        if not held.lasts_until(now):
            return self._renew(account, held, self._ask)
        try:
            return self._renew(account, held, self._ask)
        except (NotReached, Unanswered, ApiRefused, ApiStopped) as failure:
            log.warning("token_not_renewed_yet", account=account, error=str(failure))
            return held

    def heed(self, account: str, refusal: ApiRefused) -> None:
        """As `stops.heed`; what was seen before it does not count any more."""
        stops.heed(self._database, account, refusal, self._clock())
        self._looks.clear()

    def after_refusal(self, account: str, used: HeldToken) -> HeldToken:
        """The next token, fetched at most once however many were refused the old one."""
        self._looks.clear()
        with self._database.reading() as session:
            held = access_tokens.held(session, account)
        if held.serial != used.serial:
            return held
        # Whatever its time, it is of no use to anybody any more.
        ended = replace(used, expires_at=None)
        return self._renew(account, ended, self._ask_other_than(used))

    def _look(self, account: str, api: str, now: datetime) -> HeldToken:
        """The token, or ApiStopped. One look serves the calls of a moment: each would take a
        connection to the store, and so many are under way at once."""
        with self._looking:
            looked, held = self._looks.get((account, api), (None, NONE_YET))
            if looked is None or time.monotonic() - looked > self._policy["look_seconds"]:
                with self._database.reading() as session:
                    stops.check(session, account, api, now)
                    held = access_tokens.held(session, account)
                self._looks[account, api] = time.monotonic(), held
            return held

    def _renew(self, account: str, old: HeldToken, ask: Ask) -> HeldToken:
        ends = time.monotonic() + self._policy["waiting_seconds"]
        while time.monotonic() < ends:
            with self._database.writing() as session:
                mark = access_tokens.lease(session, account, old.serial, self._clock())
            if mark is not None:
                return self._fetch(account, old, mark, ask)
            found = self._await_other(account, old, ends)
            if found is not None:
                return found
        raise NotReached("no token in time")

    def _await_other(self, account: str, old: HeldToken, ends: float) -> HeldToken | None:
        """What the holder of the lease brings; None when it died and left the lease to run out."""
        while time.monotonic() < ends:
            with self._database.reading() as session:
                held = access_tokens.held(session, account)
                if held.leased_until is None and held.serial == old.serial:
                    stops.check(session, account, API, self._clock())
            if held.serial != old.serial:
                return held
            if held.leased_until is None:
                raise NotReached("no token: another process could not renew it")
            if held.leased_until <= self._clock():
                return None
            if old.lasts_until(self._clock()):
                return old
            time.sleep(self._policy["poll_seconds"])
        return None

    def _fetch(self, account: str, old: HeldToken, mark: str, ask: Ask) -> HeldToken:
        try:
            with self._database.reading() as session:
                stops.check(session, account, API, self._clock())
            text, expires_at = ask(account)
        except ApiRefused as refusal:
            # On record before the lease ends, or the next in line would ask in vain.
            self.heed(account, refusal)
            self._release(account, mark)
            raise
        except BaseException:
            self._release(account, mark)
            raise
        with self._database.writing() as session:
            access_tokens.keep(session, account, mark, text, expires_at)
        self._looks.clear()
        log.info("token_renewed", account=account)
        return HeldToken(text, old.serial + 1, expires_at, None)

    def _release(self, account: str, mark: str) -> None:
        with self._database.writing() as session:
            access_tokens.release(session, account, mark)

    def _ask_other_than(self, used: HeldToken) -> Ask:
        """The platform hands out its current token; if that is the refused one, it must be forced
        to make another (twenty times a day, half a minute apart)."""

        def ask(account: str) -> tuple[str, datetime]:
            text, expires_at = self._ask(account)
            if text != used.text:
                return text, expires_at
            return self._ask(account, force_refresh=True)

        return ask

    def _ask(self, account: str, **more: bool) -> tuple[str, datetime]:
        known = self.credentials(account)
        body = {
            "grant_type": "client_credential",
            "appid": known.app_id,
            "secret": known.secret,
            **more,
        }
        asked_at = self._clock()
        answer = self._wire.post(API, {}, body)
        if errcode := answer.get("errcode"):
            raise ApiRefused(API, errcode, str(answer.get("errmsg", "")))
        text, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(text, str) or not isinstance(seconds, int):
            raise Unanswered("the answer holds no token")
        return text, asked_at + timedelta(seconds=seconds)
