"""Wanted photos in the store."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from models import media
from models.base import Database
from models.media import Media, MediaState

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def test_a_claimed_photo_is_nobody_elses_until_its_lease_ends(store: Database) -> None:
    with store.writing() as session:
        media.want_photo(session, "main", "m1", 1, None, NOON)
        assert [one.attempts for one in media.claim_wanted(session, NOON, 9, LEASE)] == [1]
        assert media.claim_wanted(session, NOON, 9, LEASE) == []
        again = media.claim_wanted(session, NOON + LEASE, 9, LEASE)
        assert [one.attempts for one in again] == [2]


def test_a_photo_is_kept_only_with_its_content(store: Database) -> None:
    with store.writing() as session:
        photo_id = media.want_photo(session, "main", "m1", 1, None, NOON)
    with pytest.raises(IntegrityError), store.writing() as session:
        session.execute(update(Media).where(Media.id == photo_id).values(state=MediaState.KEPT))


def test_waits_double_and_end_when_the_platform_forgets(store: Database) -> None:
    now, waits = NOON, []
    with store.writing() as session:
        media.want_photo(session, "main", "m1", 1, None, NOON)
    for _ in range(100):
        with store.writing() as session:
            [photo] = media.claim_wanted(session, now, 1, LEASE)
            media.try_later(session, photo, "busy", now)
            session.flush()
            session.refresh(photo)
            if photo.state is MediaState.FAILED:
                break
            waits.append(photo.due_at - now)
            now = photo.due_at
    assert photo.state is MediaState.FAILED
    assert now < NOON + media.MEDIA_LIFE
    assert waits[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert max(waits) == media.LONGEST_WAIT


def test_a_photo_whose_matter_is_known_later_is_attached_to_it(store: Database) -> None:
    with store.writing() as session:
        photo_id = media.want_photo(session, "main", "m1", None, None, NOON)
        media.attach(session, photo_id, 12)
        media.keep(
            session,
            photo_id,
            sha256="ab" * 32,
            kind="image/jpeg",
            size=10,
            width=2,
            height=1,
            now=NOON,
        )
    with store.reading() as session:
        assert [one.id for one in media.photos_of(session, 12)] == [photo_id]


def test_a_photo_lies_in_a_folder_named_by_its_hash() -> None:
    assert media.path_of("abcdef") == "ab/cdef.jpg"
    assert media.thumbnail_path_of("abcdef") == "ab/cdef.small.jpg"
