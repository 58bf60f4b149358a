"""Earlier digests: the reader's own, and of each list only what they may still see."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models.base import Database
from models.digests import earlier, sending
from models.digests.composing import compose
from models.digests.sending import ASKED, Occasion
from models.digests.table import Digest, DigestKind, Section
from models.errors import NotFound
from models.tickets.sight import sight_of
from models.tickets.table import About
from tests import factories

YESTERDAY = factories.MORNING
MORNING = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store, YESTERDAY - timedelta(days=30))
    return store


def kept(session: Session, reader: int, job: str = "morning_digest") -> Digest:
    community = factories.area_named(session, "幸福社区").id
    told = compose(session, community, DigestKind.MORNING, MORNING, [reader])[reader]
    occasion = Occasion(job, MORNING, community, DigestKind.MORNING)
    return sending.keep(session, occasion, reader, told)


def lists(session: Session, digest: Digest) -> earlier.Lists:
    sight = sight_of(session, digest.person_id, MORNING)
    return earlier.seen_lists(session, [digest], sight, MORNING)[digest.id]


def test_what_was_sent_is_found_by_its_reader_and_what_was_asked_for_is_not(town: Database) -> None:
    with town.writing() as session:
        factories.ticket(session, factories.building(session), YESTERDAY)
        first, second = (factories.demo_person(session, "community_staff", n) for n in (1, 2))
        digest = kept(session, first)
        kept(session, first, ASKED)
        assert earlier.sent_to(session, first, MORNING) == [digest]
        assert earlier.sent_to(session, second, MORNING) == []
        assert earlier.sent_to(session, first, MORNING + timedelta(days=32)) == []
        assert earlier.own(session, digest.id, first) is digest
        for number in (digest.id, digest.id + 100):
            with pytest.raises(NotFound):
                earlier.own(session, number, second)


def test_what_has_come_to_be_about_the_reader_leaves_list_number_and_topics(town: Database) -> None:
    with town.writing() as session:
        reader = factories.demo_person(session, "community_staff")
        made = [factories.ticket(session, factories.building(session), YESTERDAY) for _ in range(3)]
        digest = kept(session, reader)
        assert set(lists(session, digest)[Section.WAITING]) == {one.id for one in made}
        made[0].about = About.COMMUNITY
        session.flush()
        left = lists(session, digest)
        assert set(left[Section.WAITING]) == {one.id for one in made[1:]}
        told = earlier.topics_of(session, [digest], {digest.id: left})
        assert told[digest.id] == [("noise", 2)]


def test_who_has_left_the_community_finds_every_list_empty(town: Database) -> None:
    with town.writing() as session:
        reader = factories.demo_person(session, "community_staff")
        factories.ticket(session, factories.building(session), YESTERDAY)
        digest = kept(session, reader)
        assert all(lists(session, digest).values()) and Section.VACANT in lists(session, digest)
        factories.post_of(session, "community_staff").until = MORNING - timedelta(hours=1)
        session.flush()
        assert not any(lists(session, digest).values())


def test_who_turns_out_to_be_one_person_finds_the_digests_of_both_once(town: Database) -> None:
    with town.writing() as session:
        factories.ticket(session, factories.building(session), YESTERDAY)
        first, second = (factories.demo_person(session, "community_staff", n) for n in (1, 2))
        both, alone = kept(session, first), kept(session, second, "evening_digest")
        kept(session, second)
        earlier.hand_over(session, second, first)
        session.expire_all()
        assert set(earlier.sent_to(session, first, MORNING)) == {both, alone}
