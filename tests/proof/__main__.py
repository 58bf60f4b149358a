"""`make proof`: kills the web process during intake; fails when anything is lost or doubled."""

import json
import sys

import click

from tests.bench.town import Case
from tests.proof.counting import Count
from tests.proof.kills import kill_during_intake
from tests.proof.unguarded import GUARDS

SHARE_ON_POSTGRESQL = 0.1
MOST_SHOWN = 20
FIGURES = ("pushed", "inbox", "tickets", "lost", "doubled", "unknown", "in_doubt")


@click.command()
@click.option("--without", help="Take this guard out; the proof must then fail.")
@click.option("--kills", type=click.IntRange(1), default=100, show_default=True)
@click.option("--seed", type=int, default=2026, show_default=True)
def main(without: str | None, kills: int, seed: int) -> None:
    """Push complaints until each is answered, killing the server with -9 all the while."""
    if without is not None and without not in GUARDS:
        raise click.UsageError(
            f"no proof takes out {without!r} yet; there is: {', '.join(sorted(GUARDS))}"
        )
    on_postgresql = round(kills * SHARE_ON_POSTGRESQL)
    total = Count()
    for case, share in (
        (Case("sqlite", "FULL"), kills - on_postgresql),
        (Case("postgresql"), on_postgresql),
    ):
        if share:
            counted = kill_during_intake(case, share, seed, without)
            print(json.dumps({"store": case.store, "kills": share} | figures(counted)), flush=True)
            print(*counted.wrong[:MOST_SHOWN], sep="\n", file=sys.stderr)
            total += counted
    print(json.dumps({"seed": seed, "kills": kills} | figures(total)))
    sys.exit(0 if total.is_right else 1)


def figures(counted: Count) -> dict[str, int]:
    return {name: getattr(counted, name) for name in FIGURES}


if __name__ == "__main__":
    main()
