"""`make bench`: runs every bench, or the one that is named; one JSON line a result."""

import json
import sys
from functools import partial
from typing import Any

import click

from tests.bench import (
    classify,
    console,
    digests,
    figures,
    intake,
    lifecycles,
    notices,
    start,
)

BENCHES = {
    "intake": intake.run,
    "classify": classify.run,
    "start": start.run,
    "figures": figures.run,
    "console": console.run,
    "digests": digests.run,
    "notices": notices.run,
    "lifecycles": lifecycles.run,
}
COLUMNS = ("name", "store", "synchronous", "ratio", "rate", "baseline_rate", "p50_ms", "p99_ms")
COLUMNS += ("errors", "n")


@click.command()
@click.argument("name", required=False, type=click.Choice(list(BENCHES)))
@click.option("--tickets", type=int, multiple=True, help="Sizes of `lifecycles`, smallest first.")
def main(name: str | None, tickets: tuple[int, ...]) -> None:
    """Print the results as JSON lines, and as a Markdown table on standard error."""
    results = []
    benches = BENCHES | ({"lifecycles": partial(lifecycles.run, tickets)} if tickets else {})
    for one in [name] if name else benches:
        for result in benches[one]():
            print(json.dumps(result), flush=True)
            results.append(result)
    print(table(results), file=sys.stderr)


def table(results: list[dict[str, Any]]) -> str:
    rows = [COLUMNS, ["---"] * len(COLUMNS)]
    rows += [["" if row[key] is None else str(row[key]) for key in COLUMNS] for row in results]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
