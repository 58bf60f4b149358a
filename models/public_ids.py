"""Names of public pages: they tell nothing, are no count, and can be read out over the phone."""

import secrets

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
LENGTH = 10


def new() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
