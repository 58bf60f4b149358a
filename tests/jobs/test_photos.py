"""Photos fetched from the platform, on both stores."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from config.settings import Settings
from jobs.photos import fetch_photos, sweep_photos
from models import erasure, media
from models.base import Database
from models.media import MEDIA_LIFE, Media, MediaState
from models.people import Person
from tests.jobs.town import NOON, Town, settings_for

MEDIA_GET = "/cgi-bin/media/get"


@pytest.fixture
def settings(town: Town, tmp_path: Path) -> Settings:
    return settings_for(town.wechat.url, data_dir=tmp_path / "data")


def jpeg(color: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(file, "JPEG")
    return file.getvalue()


def sent(town: Town, content: bytes, kind: str = "image") -> int:
    """A photo that lies at the platform and is wanted here."""
    media_id = town.client.media_upload("main", kind, "a", content, "image/jpeg")["media_id"]
    with town.store.writing() as session:
        return media.want_photo(session, "main", media_id, 7, None, NOON)


def photo(town: Town, photo_id: int) -> Media:
    with town.store.reading() as session:
        return session.get_one(Media, photo_id)


def test_a_photo_is_kept_under_its_hash_with_a_thumbnail(town: Town, settings: Settings) -> None:
    photo_id = sent(town, jpeg())
    assert fetch_photos(town.store, town.client, settings, NOON) == 1
    kept = photo(town, photo_id)
    assert (kept.state, kept.width, kept.height, kept.kind) == (
        MediaState.KEPT,
        60,
        40,
        "image/jpeg",
    )
    assert kept.sha256
    file = settings.data_dir / "media" / media.path_of(kept.sha256)
    assert kept.size == file.stat().st_size
    assert (settings.data_dir / "media" / media.thumbnail_path_of(kept.sha256)).exists()
    with town.store.reading() as session:
        assert [one.id for one in media.photos_of(session, 7)] == [photo_id]
    assert fetch_photos(town.store, town.client, settings, NOON) == 0


def test_the_same_picture_twice_is_one_file(town: Town, settings: Settings) -> None:
    one, other = sent(town, jpeg()), sent(town, jpeg())
    assert fetch_photos(town.store, town.client, settings, NOON) == 2
    assert photo(town, one).sha256 == photo(town, other).sha256
    assert len(list((settings.data_dir / "media").rglob("*.jpg"))) == 2  # and its thumbnail
    assert not list((settings.data_dir / "media").rglob("*.part"))


def test_a_wish_repeated_is_one_row_and_learns_its_ticket(town: Town) -> None:
    with town.store.writing() as session:
        first = media.want_photo(session, "main", "m1", None, None, NOON)
        assert media.want_photo(session, "main", "m1", 9, None, NOON) == first
        assert media.want_photo(session, "main", "m1", None, None, NOON) == first
    assert photo(town, first).ticket_id == 9


def test_what_is_no_picture_is_never_kept(town: Town, settings: Settings) -> None:
    photo_id = sent(town, b"#!AMR\nvoice", kind="voice")
    assert fetch_photos(town.store, town.client, settings, NOON) == 0
    assert photo(town, photo_id).state is MediaState.FAILED
    assert not (settings.data_dir / "media").exists()


def test_a_busy_platform_is_asked_again_after_a_growing_wait(
    town: Town, settings: Settings
) -> None:
    photo_id = sent(town, jpeg())
    town.fail("errcode", MEDIA_GET, -1, times=2)
    fetch_photos(town.store, town.client, settings, NOON)
    assert photo(town, photo_id).due_at == NOON + timedelta(seconds=30)
    assert fetch_photos(town.store, town.client, settings, NOON + timedelta(seconds=29)) == 0
    fetch_photos(town.store, town.client, settings, NOON + timedelta(seconds=30))
    assert photo(town, photo_id).due_at == NOON + timedelta(seconds=90)
    assert fetch_photos(town.store, town.client, settings, NOON + timedelta(seconds=90)) == 1


def test_a_connection_lost_on_the_way_is_tried_again(town: Town, settings: Settings) -> None:
    photo_id = sent(town, jpeg())
    town.fail("drop_after", MEDIA_GET)
    fetch_photos(town.store, town.client, settings, NOON)
    assert photo(town, photo_id).state is MediaState.WANTED
    assert fetch_photos(town.store, town.client, settings, NOON + timedelta(minutes=1)) == 1


def test_what_the_platform_does_not_know_is_given_up_with_the_reason(
    town: Town, settings: Settings
) -> None:
    with town.store.writing() as session:
        photo_id = media.want_photo(session, "main", "never-was", 7, None, NOON)
    fetch_photos(town.store, town.client, settings, NOON)
    given_up = photo(town, photo_id)
    assert given_up.state is MediaState.FAILED
    assert "40007" in (given_up.reason or "")


def test_after_three_days_there_is_nothing_left_to_fetch(town: Town, settings: Settings) -> None:
    photo_id = sent(town, jpeg())
    town.fail("errcode", MEDIA_GET, -1, times=100)
    late = NOON + MEDIA_LIFE - timedelta(seconds=10)
    fetch_photos(town.store, town.client, settings, late)
    assert photo(town, photo_id).state is MediaState.FAILED
    assert "forgotten" in (photo(town, photo_id).reason or "")


def test_a_fetch_that_died_is_due_again_when_its_lease_ends(town: Town, settings: Settings) -> None:
    sent(town, jpeg())
    with town.store.writing() as session:
        assert len(media.claim_wanted(session, NOON, 10, timedelta(minutes=5))) == 1
    assert fetch_photos(town.store, town.client, settings, NOON + timedelta(minutes=4)) == 0
    assert fetch_photos(town.store, town.client, settings, NOON + timedelta(minutes=5)) == 1


def test_a_folder_that_can_not_be_written_loses_nothing(town: Town, settings: Settings) -> None:
    sent(town, jpeg())
    settings.data_dir.parent.mkdir(exist_ok=True)
    settings.data_dir.write_text("a file where the folder should be")
    assert fetch_photos(town.store, town.client, settings, NOON) == 0
    settings.data_dir.unlink()
    assert fetch_photos(town.store, town.client, settings, NOON + timedelta(minutes=1)) == 1
    with town.store.reading() as session:
        assert session.scalars(select(Media.state)).all() == [MediaState.KEPT]


def test_the_files_of_an_erased_person_are_removed_and_shared_ones_stay(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    shared, alone = "aa" + "1" * 62, "bb" + "2" * 62
    with database.writing() as session:
        first, second = (Person(created_at=NOON) for _ in range(2))
        session.add_all([first, second])
        session.flush()
        for number, (owner, sha256) in enumerate(
            [(first, shared), (first, alone), (second, shared)]
        ):
            media.want_photo(session, "main", f"m{number}", None, owner.id, NOON)
            photo = session.scalars(select(Media).where(Media.media_id == f"m{number}")).one()
            media.keep(
                session,
                photo.id,
                sha256=sha256,
                kind="image/jpeg",
                size=1,
                width=1,
                height=1,
                now=NOON,
            )
        for sha256 in (shared, alone):
            for path in (media.path_of(sha256), media.thumbnail_path_of(sha256)):
                file = tmp_path / "media" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(b"x")
        erasure.erase(session, first.id, NOON)
    later = datetime.now(UTC) + timedelta(hours=2)
    assert sweep_photos(database, settings, later) == 2
    left = sorted(file.name for file in (tmp_path / "media").glob("*/*"))
    assert left == sorted(
        [Path(media.path_of(shared)).name, Path(media.thumbnail_path_of(shared)).name]
    )
