"""Deadlines against the count minute by minute, on bare terms and on real tickets."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from models import registry
from models.base import Base, Database
from models.sealing import KEYRING
from tests import factories
from tests.models import worktime_cases
from tests.models.deadline_walk import KINDS, WAITS, Walk

SHARE_ON_TICKETS = 0.05  # a step of a real ticket costs several times a bare computation
TOWNS = 80
STEPS = 20  # of one ticket's life; a case each
MOST_SHOWN = 5


def prove(cases: int, seed: int) -> dict[str, object]:
    """The figures of one line; every case is one comparison of both deadlines."""
    on_tickets = max(STEPS, round(cases * SHARE_ON_TICKETS))
    differing = [*_bare(cases - on_tickets, seed), *_lived(on_tickets, seed)]
    print(*differing[:MOST_SHOWN], sep="\n", file=sys.stderr)
    return {
        "name": "deadlines",
        "cases": cases,
        "on_tickets": on_tickets,
        "differ": len(differing),
        "seed": seed,
    }


def _bare(cases: int, seed: int) -> Iterator[str]:
    """The very functions that the verbs call, over areas and terms made up for the purpose."""
    random = Random(seed)
    towns = [worktime_cases.town(random) for _ in range(TOWNS)]
    for _ in range(cases):
        one = worktime_cases.case(random, towns)
        if worktime_cases.computed(one) != worktime_cases.expected(one):
            yield f"{one.category} {one.urgency} {one.opened_at} {one.pauses}"


def _lived(steps: int, seed: int) -> Iterator[str]:
    """Real tickets through the verbs, in a store of their own."""
    KEYRING.use({"1": bytes(32)})
    registry.load_tables()
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        store = Database(f"sqlite:///{Path(folder) / 'linli.db'}", synchronous="OFF")
        Base.metadata.create_all(store.writer)
        factories.town(store)
        for _ in range(0, steps, STEPS):
            yield from _life(store, random)
        store.dispose()


def _life(store: Database, random: Random) -> Iterator[str]:
    with store.writing() as session:
        walk = Walk.begin(session, Random(random.random()))
        for _ in range(STEPS):
            kind = random.choice(KINDS)
            walk.take(kind, random.choice(WAITS))
            if walk.found() != walk.expected():
                yield f"{kind} {walk}"
                break
        session.rollback()
