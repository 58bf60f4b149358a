"""The first administrator and the demo's staff: made once, never by surprise."""

import pytest
from sqlalchemy import func, select

from app.first_accounts import make_demo_accounts, make_first_administrator
from config.settings import Settings
from models import staff_accounts
from models.base import Database
from models.posts import Post, Role
from models.staff_accounts import PasswordUnfit, StaffAccount
from tests.app.visitor import House
from tests.factories import MORNING

ADMIN = Settings(console_admin="chief:a good long password")


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(StaffAccount)) or 0


def test_an_empty_house_gets_its_administrator_once(database: Database) -> None:
    assert make_first_administrator(database, ADMIN, MORNING)
    assert not make_first_administrator(database, ADMIN, MORNING)
    assert count(database) == 1
    with database.reading() as session:
        assert session.scalars(select(Post.role)).one() == Role.ADMIN
    answer = House(database).visitor().sign_in("chief", "a good long password")
    assert answer.status_code == 302


def test_a_password_may_hold_colons(database: Database) -> None:
    make_first_administrator(database, Settings(console_admin="chief:a:b:c:d:e:f"), MORNING)
    assert House(database).visitor().sign_in("chief", "a:b:c:d:e:f").status_code == 302


@pytest.mark.parametrize("said", ["chief", "chief:short", "chief-chief:chief-chief"])
def test_an_unfit_password_makes_nobody(database: Database, said: str) -> None:
    with pytest.raises(PasswordUnfit):
        make_first_administrator(database, Settings(console_admin=said), MORNING)
    assert count(database) == 0


def test_without_the_setting_nothing_is_made(database: Database) -> None:
    assert not make_first_administrator(database, Settings(console_admin=""), MORNING)
    assert count(database) == 0


def test_demo_staff_sign_in_and_a_name_of_ones_own_is_kept(house: House) -> None:
    first = make_demo_accounts(house.database, house.now)
    assert house.visitor().sign_in("demo-grid_worker-1", first).status_code == 302
    with house.database.writing() as session:
        account = staff_accounts.named(session, "demo-grid_worker-1")
        assert account is not None
        account.name = "own"
    second = make_demo_accounts(house.database, house.now)
    assert house.visitor().sign_in("own", first).status_code == 302
    assert house.visitor().sign_in("demo-grid_worker-2", first).status_code == 401
    assert house.visitor().sign_in("demo-grid_worker-2", second).status_code == 302
    assert house.visitor().sign_in("demo-building_head-1", second).status_code == 401
