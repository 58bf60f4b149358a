"""The shipped lexicon, read once for all tests of a process."""

from functools import cache

from bots.lexicon import Lexicon, load_lexicon


@cache
def shipped() -> Lexicon:
    return load_lexicon()
