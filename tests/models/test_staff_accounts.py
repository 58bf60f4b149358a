"""Accounts of staff: one a person, one a name, and gone with the person."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select

from models import erasure, registry, sign_ins, staff_accounts
from models.base import Database
from models.errors import AlreadyDone, NotFound
from models.sign_ins import SignIn, Way
from models.staff_accounts import PasswordUnfit, StaffAccount
from tests.factories import MORNING, person

registry.load_tables()
HASH = staff_accounts.hash_password("a good long password", "somebody")


def test_a_password_is_kept_so_that_only_it_matches() -> None:
    assert "good" not in HASH
    assert staff_accounts.matches("a good long password", HASH)
    assert not staff_accounts.matches("a good long passwore", HASH)
    assert not staff_accounts.matches("", HASH)
    assert not staff_accounts.matches("a good long password", None)
    assert not staff_accounts.matches("a good long password", "no hash at all")


@pytest.mark.parametrize("unfit", ["short", "x" * 201, "Chief-of-all "])
def test_a_password_that_is_no_secret_is_refused(unfit: str) -> None:
    with pytest.raises(PasswordUnfit):
        staff_accounts.hash_password(unfit, "chief-of-all")


def test_a_name_is_one_however_it_is_written(database: Database) -> None:
    with database.writing() as session:
        one, other = person(session), person(session)
        staff_accounts.keep(session, one.id, " Wang ", HASH, MORNING)
        assert staff_accounts.named(session, "WANG") is not None
        with pytest.raises(AlreadyDone):
            staff_accounts.keep(session, other.id, "wang", HASH, MORNING)
        with pytest.raises(NotFound):
            staff_accounts.keep(session, other.id, "  ", HASH, MORNING)
        staff_accounts.keep(session, one.id, "li", HASH, MORNING)
        assert session.scalar(select(func.count()).select_from(StaffAccount)) == 1


def test_a_code_counts_once_and_half_a_minute_around(store: Database) -> None:
    with store.writing() as session:
        account = staff_accounts.keep(session, person(session).id, "wang", HASH, MORNING)
        secret = staff_accounts.propose_second_factor(account)
        assert staff_accounts.propose_second_factor(account) == secret
        session.flush()
        codes = pyotp.TOTP(secret)
        late = MORNING + timedelta(seconds=45)
        assert not staff_accounts.take_code(
            session, account, codes.at(MORNING), late + 2 * (late - MORNING)
        )
        assert staff_accounts.take_code(session, account, codes.at(MORNING), MORNING)
        assert not staff_accounts.take_code(session, account, codes.at(MORNING), MORNING)
        earlier = codes.at(MORNING - timedelta(seconds=30))
        assert not staff_accounts.take_code(session, account, earlier, MORNING)
        assert staff_accounts.take_code(session, account, codes.at(late), late)
        assert staff_accounts.propose_second_factor(account) != secret


def test_of_two_persons_who_are_one_the_first_account_stays(database: Database) -> None:
    with database.writing() as session:
        stays, goes, third = person(session), person(session), person(session)
        staff_accounts.keep(session, goes.id, "goes", HASH, MORNING)
        staff_accounts.merge(session, stays.id, goes.id)
        session.expire_all()
        moved = staff_accounts.of_person(session, stays.id)
        assert moved is not None and moved.name == "goes"
        staff_accounts.keep(session, third.id, "third", HASH, MORNING)
        staff_accounts.merge(session, stays.id, third.id)
        assert staff_accounts.named(session, "third") is None


def test_erasing_a_person_takes_the_account_and_ends_every_sign_in(database: Database) -> None:
    with database.writing() as session:
        who = person(session)
        staff_accounts.keep(session, who.id, "wang", HASH, MORNING)
        token = sign_ins.begin(session, who.id, Way.PASSWORD, MORNING)
        erasure.erase(session, who.id, MORNING)
        assert staff_accounts.named(session, "wang") is None
        assert sign_ins.current(session, token, MORNING) is None
        assert session.scalars(select(SignIn.ended_at)).one() == MORNING
