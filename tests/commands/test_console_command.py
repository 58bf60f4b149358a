"""`linli console reset` lets somebody in again, and nobody else."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from config.settings import Settings
from models import registry, staff_accounts
from models.base import Database
from tests import factories
from tests.app.visitor import House
from tests.copies import migrated

registry.load_tables()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LINLI_DATA_KEY", "A" * 43)
    database = Database(Settings().database)
    migrated(database)
    factories.town(database)
    return House(database)


def test_a_lost_phone_and_a_forgotten_password_are_helped_at_once(house: House) -> None:
    admin = house.signed_in("admin")
    admin.confirm()
    answer = CliRunner().invoke(main, ["console", "reset", "Demo-Admin-1"])
    assert answer.exit_code == 0, answer.output
    password = answer.output.strip()
    assert admin.get("/console/").status_code == 302
    assert house.visitor().sign_in("demo-admin-1").status_code == 401
    again = house.visitor()
    assert again.sign_in("demo-admin-1", password).status_code == 302
    assert "data:image/svg" in again.get("/console/second-factor").text
    house.database.dispose()


def test_a_name_nobody_has_is_refused(house: House) -> None:
    answer = CliRunner().invoke(main, ["console", "reset", "nobody"])
    assert answer.exit_code == 1 and "no account has the name nobody" in answer.output
    with house.database.reading() as session:
        assert staff_accounts.named(session, "nobody") is None
    house.database.dispose()
