"""`make proof`: what must hold in very many cases, and nothing lost or doubled under kill -9."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial

import click

from tests.proof import (
    crowd,
    deadlines,
    figures,
    hostile,
    hostile_guided,
    jumps,
    kills,
    month,
    space,
    unguarded,
    walks,
)

FEW = 100  # tickets are enough to show that a guard of the month is missing
# Name → how many cases, and what counts them; `--<name> N` runs one alone, no option runs all.
# Each gives the figures of one line, the kills those of the last; it fails where one of WRONG is
# not 0.
PROOFS: dict[str, tuple[int, Callable[[int, int], dict[str, object]]]] = {
    "deadlines": (100_000, deadlines.prove),
    "walks": (100_000, walks.prove),
    "figures": (100_000, figures.prove),
    "month": (20_000, month.prove),
    "jumps": (2_000, jumps.prove),
    "crowd": (10_000, crowd.prove),
    "space": (50, space.prove),
    "hostile": (1_000_000, hostile.prove),
    "guided": (300_000, hostile_guided.prove),
    "kills": (500, kills.prove),
}
# Guard → the proof that must fail without it, and in how many cases it does.
Guarded = tuple[str, int, Callable[[int, int, str], dict[str, object]]]
GUARDS: dict[str, Guarded] = {
    **dict.fromkeys(unguarded.GUARDS, ("kills", 2, kills.kill_without)),
    **dict.fromkeys(month.GUARDS, ("month", FEW, month.prove)),
}
WRONG = (
    *("differ", "disagreements", "forbidden_states"),
    *("missed", "doubled", "ownerless_over_5_min"),
    *("lost", "unknown", "unclear"),
)


def sizes(command: Callable[..., None]) -> Callable[..., None]:
    for name, (usual, _) in PROOFS.items():
        text = f"Only the proof of {name}, in so many cases ({usual} with all others)."
        command = click.option(f"--{name}", type=click.IntRange(1), help=text)(command)
    return command


@click.command()
@sizes
@click.option("--name", type=click.Choice(list(PROOFS)), help="Only this proof, in full.")
@click.option("--without", help="Take this guard out; the proof must then fail.")
@click.option("--seed", type=int, default=2026, show_default=True)
def main(name: str | None, without: str | None, seed: int, **asked: int | None) -> None:
    """All proofs, or those asked for; at last every process is killed under load."""
    if name is not None and asked[name] is None:
        asked[name] = PROOFS[name][0]
    if without is None:
        is_right = prove(asked, seed)
    elif without in GUARDS:
        proof, usual, run = GUARDS[without]
        is_right = is_shown_right(partial(run, asked[proof] or usual, seed, without))
    else:
        raise click.UsageError(
            f"no proof takes out {without!r} yet; there is: {', '.join(sorted(GUARDS))}"
        )
    sys.exit(0 if is_right else 1)


def prove(asked: dict[str, int | None], seed: int) -> bool:
    """Runs what was asked for, or all; prints a line for each."""
    is_right = True
    for name, (usual, run) in PROOFS.items():
        cases = asked[name] or (0 if any(asked.values()) else usual)
        if cases:
            is_right &= is_shown_right(partial(run, cases, seed))
    return is_right


def is_shown_right(run: Callable[[], dict[str, object]]) -> bool:
    begun = time.monotonic()
    found = run()
    seconds = round(time.monotonic() - begun)
    print(json.dumps(found | {"seconds": seconds}), flush=True)
    return not any(found.get(one) for one in WRONG)


if __name__ == "__main__":
    main()
