"""What ours is measured against: character 1–3-gram TF-IDF and a linear SVM, same folds."""

from collections.abc import Iterable, Sequence
from typing import Any

from sklearn.dummy import DummyClassifier  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
from sklearn.metrics import f1_score  # type: ignore[import-untyped]
from sklearn.pipeline import Pipeline, make_pipeline  # type: ignore[import-untyped]
from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

from bots.evaluation import Row, folds_of
from bots.fitting import Labelled

Guess = tuple[Labelled, str]


def reference_in_folds(rows: Sequence[Row], folds: int) -> dict[str, Any]:
    """The same figures as ours, where they do not need more than a class."""
    whole: list[Guess] = []
    titles: list[Guess] = []
    labelled = [row.labelled for row in rows]
    for held in folds_of(len(rows), folds):
        learnt = [one for index, one in enumerate(labelled) if index not in held]
        model = _fitted(learnt)
        judged = [labelled[index] for index in sorted(held)]
        titled = [one for one in judged if one.title_ok and one.title]
        whole += zip(judged, model.predict([_said(one) for one in judged]), strict=True)
        if titled:
            titles += zip(titled, model.predict([one.title for one in titled]), strict=True)
    return {
        **_shares(whole),
        "macro_f1": _macro_f1(whole),
        "title_only": _shares(titles),
    }


def _fitted(learnt: Iterable[Labelled]) -> Pipeline:
    some = list(learnt)
    one_class = len({one.label for one in some}) == 1
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
        DummyClassifier() if one_class else LinearSVC(class_weight="balanced"),
    )
    return model.fit([_said(one) for one in some], [one.label for one in some])


def _said(one: Labelled) -> str:
    return f"{one.title}\n{one.text}" if one.title else one.text


def _macro_f1(guesses: Sequence[Guess]) -> float:
    gold = [one.label for one, _ in guesses]
    given = [label for _, label in guesses]
    score = f1_score(gold, given, labels=sorted(set(gold)), average="macro", zero_division=0.0)
    return round(float(score), 4)


def _shares(guesses: Sequence[Guess]) -> dict[str, float]:
    count = len(guesses)
    strict = sum(label == one.label for one, label in guesses)
    lenient = sum(label in (one.label, one.label2) for one, label in guesses)
    return {
        "n": count,
        "strict": round(strict / count, 4) if count else 0.0,
        "lenient": round(lenient / count, 4) if count else 0.0,
    }
