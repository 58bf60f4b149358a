"""What an entry says, and what may be wrong with it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from models.directory.table import DirectoryEntry, kinds
from models.errors import DomainError

LONGEST_TITLE = 40
LONGEST_TEXT = 400  # with all its particulars an entry fits into one reply
LONGEST_PARTICULAR = 80
LONGEST_ALIAS = 20
MOST_ALIASES = 40
MOST_PORTS = 9999
PARTICULARS = ("address", "phone", "hours", "price")

_MOBILE = re.compile(r"(?<![\d\-])(?:(?:\+|00)?86[\s\-]*)?1[\s\-]*[3-9](?:[\s\-]*\d){9}(?!\d)")
_PHONE = re.compile(r"[\d\s+\-()（）转分机,，、;；/]{3,}")
_NUMBER = re.compile(r"\d{3,}")
_IDENTITY_CARD = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{9}[\dxX](?!\d)")


class EntryNotFit(DomainError):
    """What was written can not be an entry; `problems` says why, field by field."""

    def __init__(self, problems: "list[Problem]") -> None:
        super().__init__(", ".join(f"{one.field}: {one.code}" for one in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Problem:
    """不合要求 — one field, and a word for what is wrong with it."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Details:
    """条目内容 — everything an entry says, apart from where and by whom."""

    kind: str
    title: str
    text: str = ""
    aliases: tuple[str, ...] = ()
    address: str | None = None
    phone: str | None = None
    hours: str | None = None
    price: str | None = None
    ports: int | None = None
    is_public_mobile: bool = False
    since_on: date | None = None  # None: from the day it is written
    until_on: date | None = None

    def tidied(self) -> "Details":
        """Without blanks at the ends, empty particulars and repeated aliases."""
        aliases = dict.fromkeys(word.strip() for word in self.aliases if word.strip())
        return replace(
            self,
            title=self.title.strip(),
            text=self.text.strip(),
            aliases=tuple(aliases),
            address=(self.address or "").strip() or None,
            phone=(self.phone or "").strip() or None,
            hours=(self.hours or "").strip() or None,
            price=(self.price or "").strip() or None,
        )

    def says_same(self, entry: DirectoryEntry) -> bool:
        """Whether a tidied text is what the entry has; no first day means the entry's own."""
        return details_of(entry) == replace(self, since_on=self.since_on or entry.since_on)


def details_of(entry: DirectoryEntry) -> Details:
    return Details(
        kind=entry.kind,
        title=entry.title,
        text=entry.text,
        aliases=tuple(entry.aliases),
        address=entry.address,
        phone=entry.phone,
        hours=entry.hours,
        price=entry.price,
        ports=entry.ports,
        is_public_mobile=entry.is_public_mobile,
        since_on=entry.since_on,
        until_on=entry.until_on,
    )


def problems(details: Details) -> list[Problem]:
    """Everything that keeps tidied details from being an entry; empty when nothing does."""
    return [*_of_kind(details), *_of_length(details), *_of_numbers(details), *_of_days(details)]


def _of_kind(details: Details) -> Iterator[Problem]:
    if details.kind not in kinds():
        yield Problem("kind", "unknown")
    if not details.title:
        yield Problem("title", "missing")
    if not (details.text or any(getattr(details, name) for name in PARTICULARS)):
        yield Problem("text", "missing")


def _of_length(details: Details) -> Iterator[Problem]:
    limits = {"title": LONGEST_TITLE, "text": LONGEST_TEXT}
    limits |= dict.fromkeys(PARTICULARS, LONGEST_PARTICULAR)
    for field, longest in limits.items():
        if len(getattr(details, field) or "") > longest:
            yield Problem(field, "too_long")
    if len(details.aliases) > MOST_ALIASES:
        yield Problem("aliases", "too_many")
    if any(len(word) > LONGEST_ALIAS for word in details.aliases):
        yield Problem("aliases", "too_long")
    if any(len(word) < 2 for word in details.aliases):
        yield Problem("aliases", "too_short")


def _of_numbers(details: Details) -> Iterator[Problem]:
    phone = unicodedata.normalize("NFKC", details.phone or "")
    if phone and not (_PHONE.fullmatch(phone) and _NUMBER.search(phone)):
        yield Problem("phone", "malformed")
    if details.ports is not None and not 0 <= details.ports <= MOST_PORTS:
        yield Problem("ports", "out_of_range")
    for field in ("title", "text", *PARTICULARS, "aliases"):
        said = getattr(details, field) or ""
        written = " ".join(said) if field == "aliases" else said
        if has_identity_card(written):
            yield Problem(field, "identity_card")
        elif has_mobile(written) and not details.is_public_mobile:
            yield Problem(field, "private_mobile")


def _of_days(details: Details) -> Iterator[Problem]:
    if details.since_on and details.until_on and details.until_on < details.since_on:
        yield Problem("until_on", "before_start")


def has_mobile(text: str) -> bool:
    """Whether a mobile number stands in the text, in whatever spelling."""
    return _MOBILE.search(unicodedata.normalize("NFKC", text)) is not None


def has_identity_card(text: str) -> bool:
    return _IDENTITY_CARD.search(unicodedata.normalize("NFKC", text)) is not None
