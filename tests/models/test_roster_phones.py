"""A phone is one number however it is typed, is found whole, and is shown in part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Database
from models.people import Person
from models.roster import persons, phones
from tests.factories import MORNING

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
FULL_WIDTH = str.maketrans("0123456789+-", "０１２３４５６７８９＋－")


@given(MOBILES, st.sampled_from(["{}", "+86 {}", "0086{}", " {}.0", "({})"]), st.booleans())
def test_every_way_to_write_a_mobile_is_the_same_number(
    number: str, form: str, is_wide: bool
) -> None:
    parted = f"{number[:3]}-{number[3:7]} {number[7:]}" if ".0" not in form else number
    said = form.format(parted)
    assert phones.plain(said.translate(FULL_WIDTH) if is_wide else said) == number


@given(st.text(max_size=20))
def test_whatever_is_taken_for_a_phone_is_digits_and_stays_itself(text: str) -> None:
    phone = phones.plain(text)
    assert phone is None or (phone.isascii() and phone.isdigit() and phones.plain(phone) == phone)


@given(MOBILES)
def test_what_is_shown_of_a_number_hides_four_digits(number: str) -> None:
    shown = phones.hidden(number)
    assert shown == f"{number[:3]}****{number[-4:]}"


@pytest.mark.parametrize("text", ["", "138", "12345678901", "1380000000x", "楼下", "1.38E+10"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert phones.plain(text) is None


def test_a_number_lies_sealed_and_finds_its_person_by_the_whole_alone(database: Database) -> None:
    with database.writing() as session:
        who = Person(name="居民甲", created_at=MORNING)
        phones.keep(who, "13800000001")
        session.add(who)
        session.flush()
        raw = session.connection().exec_driver_sql("SELECT phone, phone_hash FROM persons").one()
        assert b"13800000001" not in raw[0] and "1380000" not in raw[1]
        found = persons.with_phone(session, "13800000001")
        assert found is not None and found.phone == "13800000001"
        assert persons.with_phone(session, "1380000000") is None
