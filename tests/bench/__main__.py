"""`make bench`: runs every bench, or the one that is named; one JSON line a result."""

import json
import sys
from typing import Any

import click

from tests.bench import (
    classify,
    console,
    delivery,
    digests,
    figures,
    floor,
    hotline,
    intake,
    lifecycles,
    memory,
    notices,
    spike,
    start,
)

BENCHES = {
    "intake": intake.run,
    "floor": floor.run,
    "classify": classify.run,
    "start": start.run,
    "figures": figures.run,
    "console": console.run,
    "digests": digests.run,
    "notices": notices.run,
    "hotline": hotline.run,
    "lifecycles": lifecycles.run,
    "spike": spike.run,
    "delivery": delivery.run,
    "memory": memory.run,
}
COLUMNS = ("name", "store", "synchronous", "ratio", "rate", "baseline_rate", "p50_ms", "p99_ms")
COLUMNS += ("errors", "n")


@click.command()
@click.argument("name", required=False, type=click.Choice(list(BENCHES)))
@click.option(
    "--tickets",
    multiple=True,
    type=click.IntRange(min=0),
    help="How many there are already: of `console` and `digests` 100,000, of `lifecycles` 0 and"
    " 100,000, where the others are held against the first.",
)
@click.option(
    "--share",
    default=spike.SHARE,
    show_default=True,
    help="Of `spike`: of the rate at full speed, where the crowd begins.",
)
def main(name: str | None, tickets: tuple[int, ...], share: float) -> None:
    """Print the results as JSON lines, and as a Markdown table on standard error."""
    results = []
    told: dict[str, tuple[Any, ...]] = {"spike": (share,)}
    if tickets:
        told |= {"lifecycles": (tickets,), "console": tickets[:1], "digests": tickets[:1]}
    for one in [name] if name else BENCHES:
        for result in BENCHES[one](*told.get(one, ())):
            print(json.dumps(result), flush=True)
            results.append(result)
    print(table(results), file=sys.stderr)


def table(results: list[dict[str, Any]]) -> str:
    rows = [COLUMNS, ["---"] * len(COLUMNS)]
    rows += [["" if row[key] is None else str(row[key]) for key in COLUMNS] for row in results]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
