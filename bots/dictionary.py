"""jieba's dictionary with the lexicon's words in it, kept in files between starts."""

import gc
import logging
import marshal
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jieba


def load_tokenizer(words: Iterable[str], cache_dir: Path | None = None) -> jieba.Tokenizer:
    """A tokenizer that cuts by these words too.

    Not jieba's shared one: anyone may change that, and it caches under a name anyone can foresee.
    """
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    kept = cache_dir / f"jieba-{jieba.__version__}.cache" if cache_dir else None
    known = _read(kept)
    if known is None:
        known = tokenizer.gen_pfdict(tokenizer.get_dict_file())
        _keep(known, kept)
    tokenizer.FREQ, tokenizer.total = known
    tokenizer.initialized = True
    _add(tokenizer, [word for word in words if len(word) > 1], cache_dir)
    return tokenizer


def _add(tokenizer: jieba.Tokenizer, words: list[str], cache_dir: Path | None) -> None:
    """To work out how frequent each must be to be cut takes a third of all the rest."""
    kept = cache_dir / f"words-{jieba.__version__}.cache" if cache_dir else None
    known = _read(kept)
    if known is not None and known[0] == words:
        for word, frequency in known[1]:
            tokenizer.add_word(word, frequency)
        return
    added = []
    for word in words:
        if not tokenizer.FREQ.get(word):
            added.append((word, tokenizer.suggest_freq(word)))
            tokenizer.add_word(*added[-1])
    _keep((words, added), kept)


def _read(kept: Path | None) -> tuple[Any, Any] | None:
    """Whole at once, which takes a third of the time of jieba's own reading piece by piece."""
    if kept is None:
        return None
    try:
        first, second = marshal.loads(kept.read_bytes())
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return first, second


def _keep(known: tuple[Any, Any], kept: Path | None) -> None:
    """Several processes may start at once: the file is there whole or not at all."""
    if kept is None:
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=kept.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(marshal.dumps(known))
    os.replace(name, kept)


@contextmanager
def uncollected() -> Iterator[None]:
    """All that is made within stays: the collector would walk it over and over as it grows."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
