"""The classes of matters, and the one that words would have while they are still typed."""

from typing import Annotated

from pydantic import Field

from app.api.routes import Call, Work, asks, reads
from app.api.schemas import Given, Sent, Words
from bots import forms
from bots.reporting import is_sure
from config import categories


class Choice(Given):
    """类别 — one class, by its key and as people say it."""

    key: str
    name: str


class CategoryOut(Choice):
    children: list[Choice]


class CategoriesOut(Given):
    items: list[CategoryOut]


class Typed(Sent):
    words: Words


class Weighed(Given):
    """依据 — a word that was typed, and what it weighed."""

    word: str
    weight: float


class Likely(Given):
    category: str
    name: str
    probability: float


class Suggestion(Given):
    """类别建议 — how the words would be taken, and why."""

    category: str
    subcategory: str
    name: str
    urgency: str
    confidence: float
    is_sure: bool
    words: list[Weighed]
    others: Annotated[list[Likely], Field(description="the likeliest first")]


@reads("/categories", gives=CategoriesOut)
def list_categories(call: Call) -> Work:
    """Every class with its children, as staff have named and ordered them."""
    items = [
        CategoryOut(
            key=one.key,
            name=one.label,
            children=[Choice(key=child.key, name=child.label) for child in one.children],
        )
        for one in categories.categories()
    ]
    return lambda session: CategoriesOut(items=items)


@asks("/suggestions", takes=Typed, gives=Suggestion, refuses=("nothing_said",))
def suggest(call: Call, body: Typed) -> Suggestion:
    """The class that these words would have, with the words that decide it.

    Asked while they are typed; nothing of it is kept.
    """
    meant = forms.suggestion(body.words, call.office.lexicon(), call.now)
    return Suggestion(
        category=meant.category,
        subcategory=meant.subcategory,
        name=categories.label_of(meant.category, meant.subcategory),
        urgency=meant.urgency,
        confidence=meant.confidence,
        is_sure=is_sure(meant),
        words=[Weighed(word=one.word, weight=one.weight) for one in meant.evidence],
        others=[
            Likely(category=key, name=categories.label_of(key), probability=probability)
            for key, probability in meant.alternatives
        ],
    )
