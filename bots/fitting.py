"""Fits what people's weights leave open: a softmax over the lexicon's own words and rules.

The recipe of `config/lexicon/fitted.json`: words, rules and their weights are written by people
and stay as they are; fitting adds a small change per class to each word, to each child's group
of words and to each rule, held near zero by a quadratic penalty. No word enters by fitting. The
table is written by `linli evaluate FILE --write-weights config/lexicon/fitted.json`.

How strong the penalty is was chosen on held-out texts, among 1, 3, 10, 30, 100 and 300 times the
weakest: ten folds, the file cut in three ways, and 223 chat sentences from outside it. All lie
within one standard error of the best (0.659 nats a text, error 0.058). Ten times loses one text
in 400 in the folds (0.853 right against 0.856) and gains one in 200 outside (0.682 against 0.677);
stronger ones lose more inside than they gain.
"""

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bots.classifier import HAND_SCALE, Reading, class_scores, probabilities, read
from bots.lexicon import CLASS_INDEX, CLASSES, Lexicon, Weights

SECOND_LABEL_SHARE = 0.0

ROUNDS = 10

STEP = 0.1

CAUTION = 1.0

PENALTY = {"w": 0.12, "g": 0.04, "r": 0.08}

BIAS_PENALTY = 0.01

IGNORED_ERROR = 0.004

KEPT_FROM = 0.05

SEED = 20

TEMPERATURES = tuple(0.6 + 0.1 * step for step in range(30))

HELD_OUT_WIDTH = 1.7


@dataclass(frozen=True)
class Labelled:
    """标注样本 — a text whose class is known, and whether its title alone tells it."""

    text: str
    title: str | None
    label: str
    label2: str | None = None
    title_ok: bool | None = None


@dataclass(frozen=True)
class Sample:
    """拟合样本 — a labelled text as numbers: what was said, the unfitted scores, the aim."""

    said: tuple[tuple[str, float], ...]
    scores: tuple[float, ...]
    aim: tuple[float, ...]


def unfitted(lexicon: Lexicon) -> Lexicon:
    return lexicon.with_weights(Weights())


def samples(one: Labelled, lexicon: Lexicon) -> list[Sample]:
    """The text, and its title alone where that suffices: a title is what a chat message is like.

    `lexicon` must be unfitted: the changes to find are over its scores.
    """
    found = [_sample(read(one.text, lexicon, one.title), one, lexicon)]
    if one.title_ok and one.title:
        found.append(_sample(read(one.title, lexicon), one, lexicon))
    return found


def _sample(reading: Reading, one: Labelled, lexicon: Lexicon) -> Sample:
    aim = [0.0] * len(CLASSES)
    second = SECOND_LABEL_SHARE if one.label2 else 0.0
    aim[CLASS_INDEX[one.label]] = 1 - second
    if one.label2:
        aim[CLASS_INDEX[one.label2]] += second
    return Sample(_said(reading), tuple(class_scores(reading, lexicon)), tuple(aim))


def fit_labelled(labelled: Iterable[Labelled], lexicon: Lexicon) -> Weights:
    """The shipped table is this over the labelled file, which itself is not shipped."""
    plain = unfitted(lexicon)
    return fit([sample for one in labelled for sample in samples(one, plain)])


def fit(drawn: Sequence[Sample], rounds: int = ROUNDS) -> Weights:
    """Changes that make the samples' labels likely, by gradient steps that shrink per weight."""
    fitted = _Fit()
    order = list(range(len(drawn)))
    shuffle = random.Random(SEED)
    for _ in range(rounds):
        shuffle.shuffle(order)
        for index in order:
            fitted.step(drawn[index])
    weights = Weights(fitted.bias_table(), fitted.change_table())
    return Weights(weights.bias, weights.changes, _temperature(drawn, fitted))


def _said(reading: Reading) -> tuple[tuple[str, float], ...]:
    total: dict[str, float] = defaultdict(float)
    calm = HAND_SCALE / reading.calm
    for entry, value in reading.values.items():
        for feature in entry.features:
            total[feature] += value * calm
    for match, value in reading.matches:
        total[f"r:{match.rule.name}"] += value * calm
    return tuple(total.items())


class _Fit:
    """The changes while they are being found."""

    def __init__(self) -> None:
        self.bias = [0.0] * len(CLASSES)
        self.changes: dict[str, list[float]] = {}
        self._squares: dict[str, list[float]] = {}
        self._bias_squares = [CAUTION] * len(CLASSES)

    def scores(self, one: Sample) -> list[float]:
        total = [score + bias for score, bias in zip(one.scores, self.bias, strict=True)]
        for feature, value in one.said:
            changes = self.changes.get(feature)
            if changes is not None:
                for index, change in enumerate(changes):
                    if change:
                        total[index] += value * change
        return total

    def step(self, one: Sample) -> None:
        likely = probabilities(self.scores(one), 1.0)
        errors = [
            (index, p - aim)
            for index, (p, aim) in enumerate(zip(likely, one.aim, strict=True))
            if abs(p - aim) > IGNORED_ERROR
        ]
        for index, error in errors:
            self._move(self.bias, self._bias_squares, index, error, BIAS_PENALTY)
        for feature, value in one.said:
            changes = self.changes.setdefault(feature, [0.0] * len(CLASSES))
            squares = self._squares.setdefault(feature, [CAUTION] * len(CLASSES))
            penalty = PENALTY[feature[0]]
            for index, error in errors:
                self._move(changes, squares, index, error * value, penalty)

    @staticmethod
    def _move(
        weights: list[float], squares: list[float], index: int, slope: float, penalty: float
    ) -> None:
        slope += penalty * weights[index]
        squares[index] += slope * slope
        weights[index] -= STEP * slope / math.sqrt(squares[index])

    def bias_table(self) -> dict[str, float]:
        return {key: round(value, 3) for key, value in zip(CLASSES, self.bias, strict=True)}

    def change_table(self) -> dict[str, dict[str, float]]:
        table: dict[str, dict[str, float]] = {}
        for feature, changes in sorted(self.changes.items()):
            kept = _kept(changes)
            if kept:
                table[feature] = kept
        return table


def _kept(changes: Iterable[float]) -> dict[str, float]:
    pairs = zip(CLASSES, changes, strict=True)
    return {key: round(change, 2) for key, change in pairs if abs(change) >= KEPT_FROM}


def _temperature(drawn: Sequence[Sample], fitted: _Fit) -> float:
    """Fitted texts look surer than new ones: held-out folds are likeliest at 1.7 times as wide."""
    scored = [(fitted.scores(one), one.aim) for one in drawn]

    def surprise(temperature: float) -> float:
        return sum(
            -aim * math.log(max(p, 1e-9))
            for scores, aims in scored
            for p, aim in zip(probabilities(scores, temperature), aims, strict=True)
            if aim
        )

    return round(HELD_OUT_WIDTH * min(TEMPERATURES, key=surprise), 2)


def as_text(weights: Weights) -> str:
    """The table as JSON, one word or rule a line, so that a change can be read."""
    head = {"temperature": weights.temperature, "bias": dict(weights.bias)}
    rows = (
        f"{json.dumps(feature, ensure_ascii=False)}: {json.dumps(dict(row))}"
        for feature, row in weights.changes.items()
    )
    return f'{json.dumps(head)[:-1]},\n"changes": {{\n' + ",\n".join(rows) + "\n}}\n"
