"""Which questions an entry would answer, before it is kept. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bots import finding
from bots.handlers.directory import candidate_of
from bots.lexicon import Lexicon
from bots.understand import understand
from config.categories import Urgency
from models.directory.lists import Listed

NEW = 0  # an id that no kept entry has


def answered(
    entry: Listed, beside: Iterable[Listed], texts: Sequence[str], lexicon: Lexicon
) -> list[bool]:
    """Of each text, whether the entry would be told as the answer, with those kept beside it."""
    others = [candidate_of(one) for one in beside]
    shelf = finding.shelve([replace(candidate_of(entry), id=NEW), *others])
    return [_is_answer(text, shelf, lexicon) for text in texts]


def _is_answer(text: str, shelf: finding.Shelf, lexicon: Lexicon) -> bool:
    meant = understand(text, lexicon)
    said = lexicon.spelling.normalise(text).strip()
    if meant.urgency != Urgency.NORMAL or not finding.may_ask(said, meant.intent):
        return False
    asked, found = finding.find(said, shelf)
    if not any(one.id == NEW for one in finding.best(found)):
        return False
    return finding.is_sure(asked, found[0], shelf.kinds[found[0].id], intent=meant.intent)
