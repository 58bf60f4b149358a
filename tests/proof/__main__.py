"""`make proof`: what must hold in very many cases, and nothing lost or doubled under kill -9."""

import json
import sys
from collections.abc import Callable

import click

from tests.bench.town import Case
from tests.proof import deadlines, figures, month, walks
from tests.proof.counting import Count
from tests.proof.kills import kill_during_intake
from tests.proof.unguarded import GUARDS

SHARE_ON_POSTGRESQL = 0.1
MOST_SHOWN = 20
FEW = 100  # tickets are enough to show that a guard is missing
# Name → how many cases, and what counts them; `--<name> N` runs one alone, no option runs all.
# Each gives the figures of one line; it fails where one of WRONG is not 0.
PROOFS: dict[str, tuple[int, Callable[[int, int], dict[str, object]]]] = {
    "deadlines": (100_000, deadlines.prove),
    "walks": (100_000, walks.prove),
    "figures": (100_000, figures.prove),
    "month": (20_000, month.prove),
}
WRONG = (
    *("differ", "disagreements", "forbidden_states"),
    *("missed", "doubled", "ownerless_over_5_min"),
)
FIGURES = ("pushed", "inbox", "tickets", "lost", "doubled", "unknown", "in_doubt")


def sizes(command: Callable[..., None]) -> Callable[..., None]:
    for name, (usual, _) in PROOFS.items():
        text = f"Only the proof of {name}, in so many cases ({usual} with all others)."
        command = click.option(f"--{name}", type=click.IntRange(1), help=text)(command)
    return command


@click.command()
@sizes
@click.option("--without", help="Take this guard out; the proof must then fail.")
@click.option("--kills", type=click.IntRange(1), default=100, show_default=True)
@click.option("--seed", type=int, default=2026, show_default=True)
def main(without: str | None, kills: int, seed: int, **asked: int | None) -> None:
    """All proofs; at last, push complaints until each is answered, killing the server with -9."""
    known = {*GUARDS, *month.GUARDS}
    if without is not None and without not in known:
        raise click.UsageError(
            f"no proof takes out {without!r} yet; there is: {', '.join(sorted(known))}"
        )
    if without in month.GUARDS:
        sys.exit(0 if is_shown_right(month.prove(asked["month"] or FEW, seed, without)) else 1)
    is_right = without is not None or prove(asked, seed)
    if any(asked.values()):
        sys.exit(0 if is_right else 1)
    on_postgresql = round(kills * SHARE_ON_POSTGRESQL)
    total = Count()
    for case, share in (
        (Case("sqlite", "FULL"), kills - on_postgresql),
        (Case("postgresql"), on_postgresql),
    ):
        if share:
            counted = kill_during_intake(case, share, seed, without)
            print(json.dumps({"store": case.store, "kills": share} | numbers(counted)), flush=True)
            print(*counted.wrong[:MOST_SHOWN], sep="\n", file=sys.stderr)
            total += counted
    print(json.dumps({"seed": seed, "kills": kills} | numbers(total)))
    sys.exit(0 if is_right and total.is_right else 1)


def prove(asked: dict[str, int | None], seed: int) -> bool:
    """Runs what was asked for, or all; prints a line for each."""
    is_right = True
    for name, (usual, run) in PROOFS.items():
        cases = asked[name] or (0 if any(asked.values()) else usual)
        if cases:
            is_right &= is_shown_right(run(cases, seed))
    return is_right


def is_shown_right(found: dict[str, object]) -> bool:
    print(json.dumps(found), flush=True)
    return not any(found.get(one) for one in WRONG)


def numbers(counted: Count) -> dict[str, int]:
    return {name: getattr(counted, name) for name in FIGURES}


if __name__ == "__main__":
    main()
