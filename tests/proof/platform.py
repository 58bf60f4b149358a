"""The platform of a proof: it knows the town, and drops, delays and refuses some of what comes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from app.sandbox import allowances, people
from app.sandbox.options import SandboxOptions
from app.sandbox.platform import Platform
from app.sandbox.serve import SandboxThread
from models import rights
from models.accounts import MAIN
from models.base import Database
from models.outbox import Channel, OutboxMessage
from models.people import Identity, Person
from models.posts import Post
from tests.bench.town import TOKEN

APP_ID, SECRET = "wx-proof", "proof"
CUSTOM = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
RENEWING = "/cgi-bin/stable_token"
MANY = 1_000_000
# Path → how it goes wrong, with which value, in which share of the calls.
TROUBLE = {
    CUSTOM: (("slow", 150, 0.3), ("drop_before", 0, 0.02), ("drop_after", 0, 0.02)),
    TEMPLATE: (("slow", 150, 0.3), ("drop_before", 0, 0.02), ("drop_after", 0, 0.02)),
    RENEWING: (("slow", 300, 0.3), ("drop_after", 0, 0.1)),
}
BUSY = ("errcode", -1, 0.05)
SENDING = (CUSTOM, TEMPLATE)
DAWDLING_MS = 1000
ARRIVING = {"customer": Channel.CUSTOM, "template": Channel.TEMPLATE}


@dataclass(frozen=True, slots=True)
class Arrival:
    """到达 — what came to a person's phone by one of our calls."""

    openid: str
    channel: Channel
    words: str


@dataclass(frozen=True)
class Outside:
    """外面 — the platform, and where the product finds it."""

    platform: Platform
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LINLI_WECHAT_APP_ID": APP_ID,
            "LINLI_WECHAT_SECRET": SECRET,
            "LINLI_WECHAT_API_BASE": self.url,
            "LINLI_QUIET_HOURS": "false",  # a proof may be run by night
        }

    def know(self, openids: Sequence[str]) -> None:
        """They follow, and have just written."""
        with self.platform.store.writing() as db:
            for openid in openids:
                people.meet(self.platform, db, openid)
                allowances.act(db, openid, APP_ID, "message", self.platform.now())

    def trouble(self, seed: int) -> None:
        for path, kinds in TROUBLE.items():
            for kind, value, share in (*kinds, *((BUSY,) if path in SENDING else ())):
                self.platform.faults.add(kind, path, value, MANY, share, seed)

    def dawdle(self) -> None:
        """Each sending takes so long that another worker looks meanwhile."""
        for path in SENDING:
            self.platform.faults.add("slow", path, DAWDLING_MS, MANY)

    def end_trouble(self) -> int:
        """No call goes wrong any more; says to how many sendings nobody heard an answer."""
        found = self.platform.faults.in_force()
        self.platform.faults.clear()
        return sum(
            MANY - one["times"]
            for one in found
            if one["path"] in SENDING and one["kind"].startswith("drop")
        )

    def arrived(self) -> Counter[Arrival]:
        """How often each came."""
        rows = self.platform.store.rows("SELECT openid, kind, text, body FROM received")
        return Counter(
            Arrival(
                row["openid"],
                ARRIVING[row["kind"]],
                row["text"] if row["kind"] == "customer" else row["body"],
            )
            for row in rows
            if row["kind"] in ARRIVING
        )


@contextmanager
def outside(web_port: int) -> Iterator[Outside]:
    """A platform that brings its events to the web process of this port."""
    options = SandboxOptions(
        app_id=APP_ID,
        secret=SECRET,
        token=TOKEN,
        push_url=f"http://127.0.0.1:{web_port}/wechat/main",
        retry_pause_seconds=0.5,
    )
    with SandboxThread(options) as sandbox:
        yield Outside(sandbox.app.extensions["sandbox"], sandbox.url)


def give_phones(database: Database) -> list[str]:
    """Whoever holds a post can be reached, at first by customer messages; all openids there are.

    What the town was settled with is told at once, also by night.
    """
    has_none = select(Post.person_id).where(
        Post.person_id.not_in(select(Identity.person_id)),
        Post.person_id.in_(select(Person.id).where(Person.merged_into.is_(None))),
    )
    with database.writing() as session:
        now = session.scalars(select(Person.created_at).limit(1)).one()
        rows = [
            {"account": MAIN, "openid": f"oPost{one:023d}", "person_id": one, "created_at": now}
            for one in session.scalars(has_none.distinct())
        ]
        session.execute(insert(Identity), rows)
        for one in session.scalars(select(Identity.id).where(Identity.openid.like("oPost%"))):
            rights.wrote(session, one, now)
        session.execute(update(OutboxMessage).values(not_before=now))
        return list(session.scalars(select(Identity.openid)))
