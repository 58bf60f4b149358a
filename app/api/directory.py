"""The directory: stations, phones, charging places; searched as in chat, or by kind."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from app.api.routes import Call, Work, reads
from app.api.schemas import Given, Sent
from bots import forms
from bots.handlers.directory import facts, searched
from models.directory import lists
from models.directory.table import kinds
from models.homes import current_home


class DirectoryQuery(Sent):
    """查询 — in words, or by a kind; neither: all there is where one lives."""

    words: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    kind: Annotated[str, Field(max_length=40)] = ""


class Entry(Given):
    """条目 — one place or service of the directory."""

    number: int
    kind: str
    title: str
    text: str
    address: str | None
    phone: str | None
    hours: str | None
    price: str | None
    ports: int | None
    area: str


class EntryKind(Given):
    key: str
    name: str


class Entries(Given):
    kinds: list[EntryKind]
    items: list[Entry]


@reads("/directory", gives=Entries, query=DirectoryQuery)
def search_directory(call: Call, query: DirectoryQuery) -> Work:
    """What is there where one lives, and everywhere for who has said no home."""
    words = query.words.strip()
    said = forms.heard(words, call.office.lexicon(), call.now) if words else None

    def work(session: Session) -> Entries:
        home = current_home(session, call.who.person_id)
        there = (
            lists.around(session, home.area_id, call.now)
            if home
            else lists.everywhere(session, call.now)
        )
        if said is not None:
            chat = forms.chat_of(session, call.who, words, said, call.now)
            found = searched(chat, said.text) if said.understanding else []
        else:
            found = [one for one in there if query.kind in ("", one.kind)]
        held = {one.kind for one in there}
        return Entries(
            kinds=[
                EntryKind(key=key, name=row["label"]) for key, row in kinds().items() if key in held
            ],
            items=[_entry(facts(session, one)) for one in found],
        )

    return work


def _entry(fact: dict[str, object]) -> Entry:
    return Entry.model_validate(fact | {"kind": fact["kind_label"]})
