"""Pushes each complaint three times at once into four web processes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.house import open_database
from tests.bench.servers import serving
from tests.bench.town import Case, settings_of, town
from tests.proof.complaints import Complaint, deliver, lines
from tests.proof.counting import Count, count
from tests.proof.shares import shares

TIMES = 3
WEB_WORKERS = 4
THREADS = 16


def prove(pushes: int, seed: int) -> dict[str, object]:
    """The sums of both stores; nothing here is left to chance, so the seed changes nothing."""
    found = Count()
    for case, share in shares(pushes):
        found += push_thrice(case, share)
    names = ("pushed", "inbox", "tickets", "lost", "doubled", "unknown")
    return {"name": "crowd", **{name: getattr(found, name) for name in names}, "seed": seed}


def push_thrice(case: Case, pushes: int) -> Count:
    with town(case, pushes) as environment:
        complaints = [Complaint(number) for number in range(pushes)]
        told = environment | {"LINLI_WEB_WORKERS": str(WEB_WORKERS)}
        with serving(["app", "web"], told) as port, ThreadPoolExecutor(THREADS) as pool:
            shares = (complaints[first::THREADS] for first in range(THREADS))
            for ended in [pool.submit(_push, port, share) for share in shares]:
                ended.result()
        database = open_database(settings_of(environment))
        with database.reading() as session:
            found = count(session, complaints)
        database.dispose()
    found.lost += sum(len(one.answers) < TIMES for one in complaints)
    return found


def _push(port: int, complaints: Sequence[Complaint]) -> None:
    with lines(port, TIMES) as opened:
        for one in complaints:
            deliver(opened, one)
