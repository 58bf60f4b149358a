"""`linli backup` and `linli restore`, as an operator types them."""

import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.cli import main
from config.settings import Settings, generate_missing_keys, with_kept_keys
from models.base import Database
from models.people import Person
from models.sealing import KEYRING

LEFT_BEHIND = ("LINLI_SECRET_KEY", "LINLI_DATA_KEY")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Of an operator who has set nothing but where the data lies."""
    for name in [name for name in os.environ if name.startswith("LINLI_")]:
        monkeypatch.delenv(name)
    yield monkeypatch
    for name in LEFT_BEHIND:
        os.environ.pop(name, None)


def linli(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"LINLI_DATA_DIR": str(folder)})


def test_a_house_goes_into_a_file_and_becomes_a_house_again(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "house.zip"
    generate_missing_keys(old)
    keys = {name: os.environ[name] for name in LEFT_BEHIND}
    assert linli(old, "init", "--demo").exit_code == 0
    # As after `linli run`: the keys are in the data directory, and in no environment any more.
    for name in LEFT_BEHIND:
        del os.environ[name]
    bare = linli(old, "backup", str(tmp_path / "bare.zip"))
    assert (bare.exit_code, bare.stderr) == (0, "keys are not in it\n")
    refused = linli(new, "restore", str(tmp_path / "bare.zip"))
    assert refused.exit_code == 1
    assert "nothing was restored" in refused.stderr and "LINLI_DATA_KEY" in refused.stderr
    with ZipFile(tmp_path / "bare.zip") as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    assert not any(key.encode() in held for key in keys.values())

    assert linli(old, "backup", "--with-keys", str(file)).exit_code == 0
    done = linli(new, "restore", str(file))
    assert done.exit_code == 0, done.stderr
    assert "persons" in done.stdout and "the same" in done.stdout
    assert "0 links of the archive of notices hold" in done.stdout
    assert "1 messages were queued then" in done.stdout
    again = linli(new, "restore", str(file))
    assert again.exit_code == 1 and "the database is not empty" in again.stderr
    twice = linli(old, "backup", str(file))
    assert twice.exit_code == 1 and "is there already" in twice.stderr

    settings = with_kept_keys(Settings(data_dir=new))
    assert {"LINLI_SECRET_KEY": settings.secret_key, "LINLI_DATA_KEY": settings.data_key} == keys
    KEYRING.use(settings.data_keys)
    store = Database(settings.database)
    with store.reading() as session:
        sealed = session.scalars(select(Person.own_key)).all()
    store.dispose()
    assert {len(KEYRING.open(one)) for one in sealed if one} == {32}
