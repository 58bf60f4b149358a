"""Phone numbers of people: one spelling of what was typed, what a page shows, how one is found."""

import re
import unicodedata

from models.people import Person
from models.sealing import KEYRING

_BETWEEN = re.compile(r"[\s\-－—·()（）]+")
_COUNTRY = re.compile(r"^(?:\+|00)86")
_FLOAT = re.compile(r"\.0+$")  # a spreadsheet takes a number for an amount
_NUMBER = re.compile(r"1[3-9]\d{9}|0\d{2,3}\d{6,8}|\d{7,8}|[48]00\d{7}")
SHOWN_FIRST, SHOWN_LAST = 3, 4


def plain(text: str) -> str | None:
    """One spelling, or None for what is no phone number: full-width, blanks, dashes, +86, .0."""
    said = _FLOAT.sub("", unicodedata.normalize("NFKC", text).strip())
    said = _COUNTRY.sub("", _BETWEEN.sub("", said))
    return said if _NUMBER.fullmatch(said) else None


def hidden(phone: str | None) -> str:
    """138****1234: enough to tell two apart, not enough to call."""
    if not phone:
        return ""
    if len(phone) <= SHOWN_FIRST + SHOWN_LAST:
        return f"****{phone[-2:]}"
    return f"{phone[:SHOWN_FIRST]}****{phone[-SHOWN_LAST:]}"


def search_hash(phone: str) -> str:
    return KEYRING.search_hash(phone)


def keep(person: Person, phone: str | None) -> None:
    """Sealed, and to be found by the whole number alone."""
    person.phone = phone
    person.phone_hash = search_hash(phone) if phone else None
