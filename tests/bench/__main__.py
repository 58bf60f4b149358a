"""`make bench`: runs every bench, or the one that is named; one JSON line a result."""

import json
import sys
from typing import Any

import click

from tests.bench import classify, console, digests, figures, intake, notices, start

BENCHES = {
    "intake": intake.run,
    "classify": classify.run,
    "start": start.run,
    "figures": figures.run,
    "console": console.run,
    "digests": digests.run,
    "notices": notices.run,
}
COLUMNS = ("name", "store", "synchronous", "ratio", "rate", "baseline_rate", "p50_ms", "p99_ms")
COLUMNS += ("errors", "n")


@click.command()
@click.argument("name", required=False, type=click.Choice(list(BENCHES)))
def main(name: str | None) -> None:
    """Print the results as JSON lines, and as a Markdown table on standard error."""
    results = []
    for one in [name] if name else BENCHES:
        for result in BENCHES[one]():
            print(json.dumps(result), flush=True)
            results.append(result)
    print(table(results), file=sys.stderr)


def table(results: list[dict[str, Any]]) -> str:
    rows = [COLUMNS, ["---"] * len(COLUMNS)]
    rows += [["" if row[key] is None else str(row[key]) for key in COLUMNS] for row in results]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
