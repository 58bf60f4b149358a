"""Messages in hand: claimed ahead, begun as there is room, settled as their calls end."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

import structlog
from sqlalchemy.orm import Session

from config.policy import load
from jobs.channels.choice import Rest, Rights, Route, give_back
from jobs.channels.postman import Parcel, post
from jobs.channels.refusals import ApiStopped
from jobs.channels.settling import End, rest, settle_each
from jobs.channels.wechat_client import WeChatClient
from models import attempts
from models.attempts import Chosen, Claimed
from models.base import Database
from models.errors import StoreBusy
from models.outbox import Quiet

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
NEEDED_FOR_A_CALL = timedelta(seconds=25)  # the slowest call, with a token renewed on the way
STORE_TRIES = 5
GATHER_SECONDS = 0.005


class Pools(ExitStack):
    """Threads for each account of their own, so that a slow one holds up no other."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def of(self, account: str) -> ThreadPoolExecutor:
        if account not in self._pools:
            pool = ThreadPoolExecutor(self.size, thread_name_prefix=f"delivery-{account}")
            self._pools[account] = self.enter_context(pool)
        return self._pools[account]


@dataclass
class _Turn:
    """One transaction's work: what it claimed, which calls it begins, what waits on."""

    claimed: int = 0
    begun: list[Parcel] = field(default_factory=list)
    waiting: list[Claimed] = field(default_factory=list)


class Sending:
    """投递 — one worker's messages: those it has claimed, and the calls that are under way.

    A call is begun in the transaction that settles the ones before it: a commit is dearer than a
    message. What is claimed and not begun is in nobody's hands when the worker dies.
    """

    def __init__(
        self, database: Database, client: WeChatClient, clock: Clock, pools: Pools
    ) -> None:
        policy = load("channels")["delivery"]
        self._database = database
        self._client = client
        self._clock = clock
        self._pools = pools
        self._most = policy["batch"]
        self._lease = timedelta(seconds=policy["lease_seconds"])
        self._waiting: list[Claimed] = []
        self._flying: dict[int, Parcel] = {}
        self._ends: SimpleQueue[End] = SimpleQueue()

    def run(self, limit: int) -> int:
        """Sends until nothing is due; returns how many messages it claimed, `limit` at most."""
        made = 0
        ended: list[End] = []
        while True:
            turn = self._take_turn(ended, limit - made)
            made += turn.claimed
            self._waiting = turn.waiting
            for parcel in turn.begun:
                self._flying[parcel.message.id] = parcel
                self._pools.of(parcel.route.account).submit(self._call, parcel)
            if not self._flying and not turn.claimed:
                return made
            ended = self._ended() if self._flying else []

    def _take_turn(self, ended: Sequence[End], most: int) -> _Turn:
        for parcel, _ in ended:
            del self._flying[parcel.message.id]
        tries_left = STORE_TRIES
        while True:
            try:
                with self._database.writing() as session:
                    now = self._clock()
                    settle_each(session, ended, now)
                    return self._begin_next(session, most, now)
            except StoreBusy:
                # What is not noted would be in doubt, though we know how it ended.
                log.warning("results_wait_for_store", results=len(ended))
                tries_left -= 1
                if not tries_left:
                    raise

    def _begin_next(self, session: Session, most: int, now: datetime) -> _Turn:
        room = min(most, self._most - len(self._waiting) - len(self._flying))
        claimed = attempts.claim(session, now, room, self._lease) if room > 0 else []
        turn = _Turn(len(claimed))
        ready = self._ready(_emergencies_first(self._waiting + claimed), turn.waiting)
        if ready:
            turn.begun = self._begin_each(session, ready, now)
        return turn

    def _ready(self, messages: Sequence[Claimed], waiting: list[Claimed]) -> list[Claimed]:
        """Those with room for a call, one a person at a time: in the order they were queued."""
        under_way = self._flying.values()
        calls = Counter(parcel.route.account for parcel in under_way)
        persons = {parcel.message.person_id for parcel in under_way}
        ready = []
        for message in messages:
            if calls[message.account] >= self._pools.size or message.person_id in persons:
                waiting.append(message)
            else:
                ready.append(message)
                calls[message.account] += 1
            persons.add(message.person_id)
        return ready

    def _begin_each(
        self, session: Session, messages: Sequence[Claimed], now: datetime
    ) -> list[Parcel]:
        """Chooses the ways and notes the calls; of those alone that there are to make now."""
        due = [one for one in messages if not _is_over(session, one, now)]
        ways = Rights(session, due, now).reserve_each(due)
        routes: list[Route] = []
        chosen: list[Chosen] = []
        for message, way in zip(due, ways, strict=True):
            if isinstance(way, Route):
                routes.append(way)
                chosen.append(Chosen(message, way.channel, way.identity_id))
            elif isinstance(way, Rest):
                rest(session, message, way.until, now)
            else:
                _note_unreachable(message)
                attempts.held(session, message, "no channel may bring it now")
        parcels = []
        begun = attempts.begin_each(session, chosen, now, self._lease)
        for message, route in zip(begun, routes, strict=True):
            if message is None:
                give_back(session, route)
            else:
                parcels.append(Parcel(message, route))
        return parcels

    def _call(self, parcel: Parcel) -> None:
        now = self._clock()
        if parcel.message.lease_until - now < NEEDED_FOR_A_CALL:
            self._ends.put((parcel, ApiStopped("lease", now, "the lease is nearly over")))
        else:
            self._ends.put((parcel, post(self._client, parcel, now)))

    def _ended(self) -> list[End]:
        """One end, and the others of the same moment: a turn costs the same for all."""
        ended = [self._ends.get()]
        gathered = time.monotonic() + GATHER_SECONDS
        while len(ended) < len(self._flying):
            try:
                ended.append(self._ends.get(timeout=max(0, gathered - time.monotonic())))
            except Empty:
                break
        return ended


def _is_over(session: Session, message: Claimed, now: datetime) -> bool:
    """Whether nobody needs to hear it any more; then it ends here."""
    is_over = message.expires_at is not None and message.expires_at <= now
    if is_over:
        attempts.expired(session, message)
    return is_over


def _emergencies_first(messages: Sequence[Claimed]) -> list[Claimed]:
    return sorted(messages, key=lambda message: message.quiet is not Quiet.IGNORE)


def _note_unreachable(message: Claimed) -> None:
    if message.quiet is Quiet.IGNORE:
        log.error("alert", about="emergency_reaches_nobody", message_id=message.id)
