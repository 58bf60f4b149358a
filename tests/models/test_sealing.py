"""Personal text at rest: unreadable without the key, found by hash, gone with a person's key."""

from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from models.base import Database
from models.people import Person
from models.sealing import KEYRING, Keyring, new_own_key, open_for, seal_for
from tests.factories import person

OLD, NEW = {"1": b"o" * 32}, {"2": b"n" * 32}


def keyring(keys: dict[str, bytes]) -> Keyring:
    ring = Keyring()
    ring.use(keys)
    return ring


@given(st.binary())
def test_what_is_sealed_opens_again_and_never_looks_the_same_twice(plain: bytes) -> None:
    ring = keyring(OLD)
    one, other = ring.seal(plain), ring.seal(plain)
    assert ring.open(one) == ring.open(other) == plain
    assert one != other
    assert len(plain) < 4 or plain not in one


def test_a_single_changed_byte_is_noticed() -> None:
    ring = keyring(OLD)
    sealed = ring.seal("1单元501".encode())
    with pytest.raises(InvalidTag):
        ring.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() -> None:
    before = keyring(OLD).seal(b"old")
    rotated = keyring({**NEW, **OLD})
    assert rotated.open(before) == b"old"
    assert rotated.seal(b"new").startswith(b"2:")
    with pytest.raises(KeyError):
        keyring(NEW).open(before)


def test_the_search_hash_outlives_a_rotation_and_hangs_on_the_key() -> None:
    phone = "00001000101"
    assert keyring(OLD).search_hash(phone) == keyring({**NEW, **OLD}).search_hash(phone)
    assert keyring(OLD).search_hash(phone) != keyring(NEW).search_hash(phone)
    assert keyring(OLD).search_hash(phone) != keyring(OLD).search_hash(phone + "2")


@pytest.fixture
def ring() -> Iterator[Keyring]:
    yield KEYRING
    KEYRING.use({"1": bytes(32)})


def test_a_sealed_column_reads_back_and_lies_encrypted(store: Database, ring: Keyring) -> None:
    with store.writing() as session:
        who = person(session)
        who.phone = "00001000101"
        person_id = who.id
    with store.reading() as session:
        assert session.get_one(Person, person_id).phone == "00001000101"
        raw = session.execute(text("SELECT phone FROM persons")).scalar_one()
        assert b"00001000101" not in bytes(raw)
    ring.use(NEW | {"1": bytes(32)})
    with store.reading() as session:
        assert session.get_one(Person, person_id).phone == "00001000101"


def test_nothing_in_a_sealed_column_stays_nothing(database: Database) -> None:
    with database.writing() as session:
        who = person(session)
        session.flush()
        session.expire(who)
        assert who.phone is None


@given(st.text())
def test_a_persons_history_opens_with_their_own_key_alone(words: str) -> None:
    mine, theirs = new_own_key(), new_own_key()
    sealed = seal_for(mine, words)
    assert open_for(mine, sealed) == words
    with pytest.raises(InvalidTag):
        open_for(theirs, sealed)


def test_once_the_own_key_is_gone_nothing_can_be_read_or_written() -> None:
    sealed = seal_for(new_own_key(), "楼上太吵")
    assert open_for(None, sealed) is None
    assert seal_for(None, "楼上太吵") is None
    assert open_for(new_own_key(), None) is None
