"""How fast a message is understood, beside cutting it with jieba alone."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jieba

from bots.lexicon import load_lexicon
from bots.understand import understand

TEXTS = Path(__file__).with_name("texts.txt")

ROUNDS = 15

LENGTHS = (40, 300)


def run() -> list[dict[str, Any]]:
    """`ratio` is the time to understand ÷ the time of `jieba.lcut`, over the same texts."""
    texts = TEXTS.read_text("utf-8").splitlines()
    jieba.setLogLevel("WARNING")
    jieba.initialize()
    with tempfile.TemporaryDirectory() as cache:
        lexicon = load_lexicon(Path(cache))

    def read(text: str) -> object:
        return understand(text, lexicon)

    return [
        _measured("classify", texts, read),
        *(_measured(f"classify_{length}", _of_length(texts, length), read) for length in LENGTHS),
    ]


def _of_length(texts: Sequence[str], length: int) -> list[str]:
    """The texts joined and cut anew, so that each has exactly so many characters."""
    whole = "，".join(texts)
    return [whole[at : at + length] for at in range(0, len(whole) - length + 1, length)]


def _measured(name: str, texts: Sequence[str], read: Callable[[str], object]) -> dict[str, Any]:
    alone: list[list[float]] = []
    ours: list[list[float]] = []
    for _ in range(ROUNDS):
        alone.append(_times(jieba.lcut, texts))
        ours.append(_times(read, texts))
    baseline, mine = _undisturbed(alone), _undisturbed(ours)
    ratios = [m / b for m, b in zip(mine, baseline, strict=True)]
    measured = [spent for times in ours for spent in times]
    cuts = statistics.quantiles(measured, n=100)
    return {
        "name": name,
        "store": None,
        "synchronous": None,
        "ratio": round(statistics.median(ratios), 3),
        "rate": round(len(texts) / sum(mine)),
        "baseline_rate": round(len(texts) / sum(baseline)),
        "p50_ms": round(cuts[49] * 1000, 3),
        "p99_ms": round(cuts[98] * 1000, 3),
        "errors": 0,
        "n": len(measured),
    }


def _times(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    spent = []
    for text in texts:
        start = time.perf_counter()
        work(text)
        spent.append(time.perf_counter() - start)
    return spent


def _undisturbed(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Each text's fastest round: other work on the machine only ever adds."""
    return [min(times) for times in zip(*rounds, strict=True)]


if __name__ == "__main__":
    for result in run():
        print(json.dumps(result))
