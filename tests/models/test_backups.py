"""A backup of a running house, restored elsewhere, is the same house: on both stores and across."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from threading import Event, Thread
from zipfile import ZIP_DEFLATED, ZipFile

import psycopg
import pytest
from sqlalchemy import make_url, select, text

from app import demo_data
from models.backups import manifest as manifests
from models.backups.manifest import BackupUnfit, Manifest
from models.backups.restoring import TargetNotEmpty, restore
from models.backups.rows import NOT_DATA
from models.backups.taking import take
from models.base import Base, Database
from models.migrate import build, migrate
from models.people import Person
from models.revisions import is_current
from tests.chat import Town
from tests.copies import SqliteCopy
from tests.factories import MORNING
from tests.models.test_notice_chain import archived

KEYS = {"1": bytes(32)}
SAYINGS = ("3号楼楼道有人拉飞线充电", "东门路灯坏了两天了", "电梯按键失灵", "楼下烧烤太吵")

Make = Callable[..., Database]
_numbers = count(1)


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Make]:
    """Stores of a kind: without tables, or as another one is just now."""
    stores: list[Database] = []
    folder = tmp_path_factory.mktemp("stores")

    def make(kind: str, like: Database | None = None) -> Database:
        name = f"backup_{next(_numbers)}"
        if kind == "sqlite":
            if like is not None:
                SqliteCopy(like).put_into(Database(f"sqlite:///{folder / name}.db"))
            stores.append(Database(f"sqlite:///{folder / name}.db", synchronous="OFF"))
            return stores[-1]
        request.getfixturevalue("reused")  # its server spares the disk
        server = request.getfixturevalue("postgresql_server")
        if like is not None:
            like.dispose()
        with psycopg.connect(server, autocommit=True) as root:
            template = f"TEMPLATE {like.url.database}" if like else ""
            root.execute(f"CREATE DATABASE {name} {template} STRATEGY FILE_COPY")
        url = make_url(server).set(drivername="postgresql+psycopg", database=name)
        stores.append(Database(url.render_as_string(hide_password=False)))
        return stores[-1]

    yield make
    for store in stores:
        store.dispose()


@pytest.fixture(scope="module")
def houses(made: Make, first_data_keys: None) -> dict[str, Database]:
    """Of each kind one with the demo subdistrict, in which a few people have spoken."""
    found = {kind: made(kind) for kind in ("sqlite", "postgresql")}
    for store in found.values():
        migrate(store)
        with store.writing() as session:
            demo_data.fill(session, MORNING)
        town = Town(store, MORNING)
        for number, words in enumerate(SAYINGS, 1):
            town.person(f"demo-resident-{number}").say(words)
        with store.writing() as session:
            archived(session, objection="少算了一个月")
            passing = Person(name="居民A", own_key=b"", created_at=MORNING)
            session.add(passing)
            session.flush()
            session.delete(passing)
    return found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A media folder with one photo in it."""
    folder = tmp_path / "media"
    (folder / "ab").mkdir(parents=True)
    (folder / "ab" / "cd.jpg").write_bytes(b"\xff\xd8 a photo")
    (folder / "ab" / "cd.jpg.part").write_bytes(b"half of another")
    return folder


def taken(store: Database, photos: Path, file: Path) -> Manifest:
    return take(store, photos, file, keys=KEYS, kept_keys={}, at=MORNING)


def contents(store: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table as the code reads it: typed, and personal columns deciphered."""
    with store.reading() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name not in NOT_DATA and not table.name.startswith("test_")
        }


@pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite", "postgresql"), ("postgresql", "postgresql"), ("postgresql", "sqlite")],
)
def test_what_is_restored_equals_its_source_table_by_table(
    houses: dict[str, Database],
    made: Make,
    photos: Path,
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    old, new = houses[source], made(target)
    file = tmp_path / "house.zip"
    manifest = taken(old, photos, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert manifest.files.keys() == {"ab/cd.jpg"}
    restored = restore(new, tmp_path / "elsewhere", file, keys=KEYS)
    assert contents(new) == contents(old)
    assert sum(map(len, contents(new).values())) == manifest.row_count > 500
    assert (tmp_path / "elsewhere" / "ab" / "cd.jpg").read_bytes() == b"\xff\xd8 a photo"
    assert is_current(new)
    assert (restored.archive.links, restored.archive.broken) == (1, None)
    reply = Town(new, MORNING).person("demo-resident-5").say("楼道里堆满了杂物")
    assert f"#{len(SAYINGS) + 1}" in reply
    with new.writing() as session:
        person = Person(name="居民B", own_key=b"", created_at=MORNING)
        session.add(person)
        session.flush()
        # PostgreSQL gives no number a second time; SQLite goes on from the highest that is there.
        is_skipped = source == target == "postgresql"
        assert person.id == manifest.tables["persons"].rows + 1 + is_skipped


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_under_load_holds_one_moment(
    houses: dict[str, Database], made: Make, photos: Path, tmp_path: Path, kind: str
) -> None:
    store = made(kind, houses[kind])
    stop, said = Event(), Event()

    def speak() -> None:
        town = Town(store, MORNING)
        while not stop.is_set():
            town.later(minutes=1)
            town.person("demo-resident-1").say("3号楼的路灯又不亮了")
            said.set()

    speaker = Thread(target=speak)
    speaker.start()
    try:
        assert said.wait(10)
        backups = [tmp_path / f"{number}.zip" for number in range(3)]
        manifests_ = [taken(store, photos, file) for file in backups]
    finally:
        stop.set()
        speaker.join()
    rows = [one.tables["events"].rows for one in manifests_]
    assert rows == sorted(rows) and rows[0] < rows[-1]
    for file in backups:
        with ZipFile(file) as archive:
            opened = ids(archive, manifests_[-1], "tickets", "id")
            happened = ids(archive, manifests_[-1], "events", "subject_id", "ticket")
        assert opened == happened


def ids(archive: ZipFile, manifest: Manifest, table: str, column: str, kind: str = "") -> set[int]:
    """What a backup holds in a column, of rows of a kind."""
    columns = manifest.tables[table].columns
    rows = map(json.loads, archive.read(f"rows/{table}.jsonl").splitlines())
    return {row[columns.index(column)] for row in rows if not kind or kind in row}


def test_an_older_backup_is_brought_up_to_date(made: Make, photos: Path, tmp_path: Path) -> None:
    old = made("sqlite")
    build(old, "0030")
    with old.writing() as session:
        session.execute(
            text("INSERT INTO persons (name, created_at) VALUES ('居民A', '2026-01-01 00:00:00.0')")
        )
    manifest = taken(old, photos, tmp_path / "old.zip")
    assert manifest.revision == "0030"
    new = made("sqlite")
    with new.writing() as session:  # left by a restoring for which the disk was too small
        session.execute(text("CREATE TABLE persons (id INTEGER PRIMARY KEY)"))
    restore(new, tmp_path / "elsewhere", tmp_path / "old.zip", keys=KEYS)
    assert is_current(new)
    with new.reading() as session:
        person = session.scalars(select(Person)).one()
    assert (person.name, person.created_at) == ("居民A", datetime(2026, 1, 1, tzinfo=UTC))


def changed(file: Path, name: str, content: bytes | None) -> Path:
    """The same backup with one member changed, or without it."""
    other = file.with_name("changed.zip")
    with ZipFile(file) as old, ZipFile(other, "w", ZIP_DEFLATED) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
            elif content is not None:
                new.writestr(one, content)
    return other


def test_what_does_not_fit_is_refused_and_nothing_is_touched(
    houses: dict[str, Database], made: Make, photos: Path, tmp_path: Path
) -> None:
    store, file = houses["sqlite"], tmp_path / "house.zip"
    taken(store, photos, file)
    with pytest.raises(FileExistsError):
        taken(store, photos, file)
    new, media = made("sqlite"), tmp_path / "elsewhere"
    with ZipFile(file) as archive:
        told = json.loads(archive.read(manifests.NAME))
        persons = archive.read("rows/persons.jsonl")

    def refused(other: Path, words: str, keys: dict[str, bytes] = KEYS) -> None:
        with pytest.raises(BackupUnfit, match=words):
            restore(new, media, other, keys=keys)
        assert not media.exists()
        assert not Path(str(new.url.database)).exists() or contents_are_none(new)

    (tmp_path / "note.zip").write_bytes(b"no archive at all")
    refused(tmp_path / "note.zip", "damaged")
    refused(changed(file, manifests.NAME, None), "no manifest")
    refused(changed(file, manifests.NAME, b"{}"), "manifest can not be read")
    newer = json.dumps(told | {"revision": "9999"}).encode()
    refused(changed(file, manifests.NAME, newer), "newer version")
    refused(changed(file, "rows/persons.jsonl", persons + persons[-80:]), "not what the manifest")
    refused(changed(file, "rows/persons.jsonl", None), "missing")
    away = json.dumps(told | {"files": {"../keys.json": told["files"]["ab/cd.jpg"]}}).encode()
    refused(changed(file, manifests.NAME, away), "missing|outside")
    refused(file, r"LINLI_DATA_KEY must hold 1 \(mark \w{16}\)", {"1": bytes(31) + b"1"})
    with pytest.raises(TargetNotEmpty, match="not empty"):
        restore(store, media, file, keys=KEYS)
    with pytest.raises(TargetNotEmpty, match="files already"):
        restore(new, photos, file, keys=KEYS)
    with pytest.raises(BackupUnfit, match="no tables"):
        taken(made("sqlite"), photos, tmp_path / "none.zip")
    assert not list(tmp_path.glob("none.zip*"))


def test_a_file_with_other_bytes_is_refused_in_words_wherever_they_are(
    houses: dict[str, Database], photos: Path, tmp_path: Path
) -> None:
    """Into a house that is there, so that what slips through is refused as well."""
    taken(houses["sqlite"], photos, tmp_path / "house.zip")
    whole, chance = (tmp_path / "house.zip").read_bytes(), Random(2026)
    for _ in range(200):
        bad = bytearray(whole[: chance.choice((len(whole), chance.randrange(1, len(whole))))])
        for _ in range(8):
            bad[chance.randrange(len(bad) * 3 // 4, len(bad))] = chance.randrange(256)
        (tmp_path / "bad.zip").write_bytes(bad)
        with pytest.raises((BackupUnfit, OSError)):
            restore(houses["sqlite"], tmp_path / "elsewhere", tmp_path / "bad.zip", keys=KEYS)
        assert not (tmp_path / "elsewhere").exists()


def contents_are_none(store: Database) -> bool:
    with store.reader.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return names.all() == []


def test_rows_that_contradict_each_other_leave_the_house_empty(
    houses: dict[str, Database], made: Make, photos: Path, tmp_path: Path
) -> None:
    """As a torn copy would: the posts name persons who are not there."""
    file = tmp_path / "house.zip"
    taken(houses["sqlite"], photos, file)
    with ZipFile(file) as archive:
        told = json.loads(archive.read(manifests.NAME))
    nobody = told["tables"]["persons"] | {"rows": 0, "sha256": hashlib.sha256().hexdigest()}
    told["tables"]["persons"] = nobody
    torn = changed(file, "rows/persons.jsonl", b"")
    torn = changed(torn.rename(tmp_path / "torn.zip"), manifests.NAME, json.dumps(told).encode())
    for kind in ("postgresql", "sqlite"):
        new = made(kind)
        with pytest.raises(BackupUnfit, match="contradict each other"):
            restore(new, tmp_path / "elsewhere", torn, keys=KEYS)
        with new.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM posts")) == 0
        assert not (tmp_path / "elsewhere").exists()
    restore(new, tmp_path / "elsewhere", file, keys=KEYS)  # tables without rows are no hindrance
