"""Digests: every number is the length of a list, and nobody sees counted what is about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models import conversations, outbox, protection
from models.base import Database
from models.conversations import Question
from models.digests import pages, sending
from models.digests.composing import Composed, compose
from models.digests.sending import Occasion
from models.digests.sight import hidden_tickets
from models.digests.table import ORDER, Digest, DigestKind, Section
from models.outbox import Delivery, OutboxMessage
from models.posts import Absence, Role
from models.sealing import KEYRING
from models.ticket_flow import Outcome, State
from models.tickets.table import About, Ticket
from tests import factories

YESTERDAY = factories.MORNING  # Tuesday 3 March, 9:00 in Shanghai
MORNING = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)  # Wednesday, 8:00
EVENING = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # 17:30
COMMUNITY = "幸福社区"
ENDED = {"outcome": Outcome.FIXED, "result": "已处理"}


@pytest.fixture(autouse=True)
def keys() -> None:
    KEYRING.use({"1": b"k" * 32})


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database, YESTERDAY - timedelta(days=30))
    return database


def staff(session: Session, count: int = 1) -> int:
    return factories.demo_person(session, "community_staff", count)


def community(session: Session, name: str = COMMUNITY) -> int:
    return factories.area_named(session, name).id


def ticket(session: Session, at: datetime = YESTERDAY, **changes: Any) -> Ticket:
    """A matter of building 3; what `Report` does not know is set afterwards."""
    later = {"state", "resolve_due_at", "resolved_at", "suspended_until", "outcome", "result"}
    given = {key: value for key, value in changes.items() if key not in later}
    where = given.pop("where", None) or factories.building(session)
    made = factories.ticket(session, where, at, **given)
    for key in later & changes.keys():
        setattr(made, key, changes[key])
    session.flush()
    return made


def composed(
    session: Session, now: datetime = MORNING, kind: DigestKind = DigestKind.MORNING, count: int = 1
) -> Composed:
    reader = staff(session, count)
    return compose(session, community(session), kind, now, [reader])[reader]


def of(session: Session, section: Section, now: datetime = MORNING) -> list[int]:
    kind = DigestKind.MORNING
    if section not in ORDER[kind]:
        kind = DigestKind.EVENING
    return composed(session, now, kind).sections.get(section, [])


def test_the_overdue_come_first_and_the_longest_overdue_first_of_all(store: Database) -> None:
    factories.town(store, YESTERDAY - timedelta(days=30))
    with store.writing() as session:
        late = ticket(session, resolve_due_at=MORNING - timedelta(hours=1))
        later = ticket(session, resolve_due_at=MORNING - timedelta(days=2))
        ticket(session, resolve_due_at=MORNING + timedelta(seconds=1))
        sections = composed(session).sections
        assert next(iter(sections)) == Section.OVERDUE
        assert sections[Section.OVERDUE] == [later.id, late.id]


def test_a_suspended_matter_is_late_for_nothing(town: Database) -> None:
    with town.writing() as session:
        late = {"resolve_due_at": MORNING - timedelta(hours=1), "state": State.SUSPENDED}
        waits = ticket(session, **late, suspended_until=MORNING + timedelta(days=3))
        assert of(session, Section.OVERDUE) == []
        assert of(session, Section.SUSPENDED) == [waits.id]


@pytest.mark.parametrize(
    ("due_at", "section"),
    [
        (MORNING, Section.OVERDUE),
        (MORNING + timedelta(microseconds=1), Section.DUE_TODAY),
        (datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC), Section.DUE_TODAY),
        (datetime(2026, 3, 4, 16, 0, tzinfo=UTC), None),  # midnight in Shanghai
    ],
)
def test_today_ends_at_midnight_in_shanghai(
    town: Database, due_at: datetime, section: Section | None
) -> None:
    with town.writing() as session:
        made = ticket(session, resolve_due_at=due_at)
        for one in (Section.OVERDUE, Section.DUE_TODAY):
            assert of(session, one) == ([made.id] if one == section else [])


def test_yesterday_is_the_calendars_and_not_the_last_day_and_night(town: Database) -> None:
    with town.writing() as session:
        first = ticket(session, at=datetime(2026, 3, 2, 16, 0, tzinfo=UTC))
        last = ticket(session, at=datetime(2026, 3, 3, 15, 59, 59, tzinfo=UTC))
        ticket(session, at=datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC))
        ticket(session, at=datetime(2026, 3, 3, 16, 0, tzinfo=UTC))
        ticket(session, at=YESTERDAY, state=State.WITHDRAWN)
        assert set(of(session, Section.NEW_YESTERDAY)) == {first.id, last.id}


def test_what_was_ended_yesterday_counts_once_archived_too(town: Database) -> None:
    with town.writing() as session:
        long_ago = YESTERDAY - timedelta(days=20)
        resolved = ticket(
            session, at=long_ago, state=State.RESOLVED, resolved_at=YESTERDAY, **ENDED
        )
        archived = ticket(
            session, at=long_ago, state=State.ARCHIVED, resolved_at=YESTERDAY, **ENDED
        )
        ticket(session, at=long_ago, state=State.RESOLVED, resolved_at=MORNING, **ENDED)
        ticket(
            session, at=long_ago, state=State.IN_PROGRESS, resolved_at=YESTERDAY
        )  # taken up again
        assert set(of(session, Section.ENDED_YESTERDAY)) == {resolved.id, archived.id}


def test_the_evening_tells_what_is_open_and_nothing_of_yesterday(town: Database) -> None:
    with town.writing() as session:
        waiting, working = ticket(session), ticket(session, state=State.IN_PROGRESS)
        ticket(session, state=State.ARCHIVED, resolved_at=YESTERDAY, **ENDED)
        sections = composed(session, EVENING, DigestKind.EVENING).sections
        assert sections.keys() <= set(ORDER[DigestKind.EVENING])
        assert sections[Section.WAITING] == [waiting.id]
        assert sections[Section.WORKING] == [working.id]


def test_an_emergency_is_told_the_morning_after_though_it_is_over(town: Database) -> None:
    with town.writing() as session:
        urgent = {"urgency": Urgency.EMERGENCY, "emergency": "fire", "category": "fire_safety"}
        over = ticket(session, **urgent, state=State.ARCHIVED, resolved_at=YESTERDAY, **ENDED)
        old = ticket(session, at=YESTERDAY - timedelta(days=5), **urgent)
        gone = YESTERDAY - timedelta(days=4)
        ticket(session, at=gone, **urgent, state=State.ARCHIVED, resolved_at=gone, **ENDED)
        assert set(of(session, Section.EMERGENCIES)) == {over.id, old.id}


def test_another_communitys_matters_are_not_told(town: Database) -> None:
    with town.writing() as session:
        ticket(session, where=factories.building(session, 1, "和平家园"))
        sections = composed(session).sections
        assert sections.keys() <= {Section.VACANT}


def test_buildings_without_a_head_are_told_and_offices_need_none(store: Database) -> None:
    factories.town(store, YESTERDAY - timedelta(days=30))
    with store.writing() as session:
        vacant = pages.places(session, of(session, Section.VACANT))
        assert vacant == [f"幸福里小区{number}号楼" for number in (4, 6, 7, 8)] + [
            f"阳光花园{number}号楼" for number in (3, 4, 5)
        ]
        other = compose(
            session,
            community(session, "和平社区"),
            DigestKind.MORNING,
            MORNING,
            [staff(session, 3)],
        )
        assert len(other[staff(session, 3)].sections[Section.VACANT]) == 9, "not the two offices"
        factories.post_of(session, "building_head", 1).until = MORNING
        session.flush()
        assert len(of(session, Section.VACANT)) == 8


def test_the_topics_are_the_three_most_written_about_and_divide_their_list(town: Database) -> None:
    counts = {"parking": 4, "noise": 3, "pets": 2, "elevator": 2, "leak": 1}
    with town.writing() as session:
        for category, count in counts.items():
            for _ in range(count):
                ticket(session, category=category)
        ticket(session, at=MORNING - timedelta(days=8), category="leak")
        told = composed(session)
        assert told.topics == [("parking", 4), ("noise", 3), ("elevator", 2)]
        assert len(told.sections[Section.TOPICS]) == 9


def test_topics_alone_are_no_reason_to_write(town: Database) -> None:
    with town.writing() as session:
        assert not Composed({Section.TOPICS: [1, 2]}, [("noise", 2)]).has_news
        assert not Composed({}, []).has_news
        assert Composed({Section.OVERDUE: [1]}, []).has_news
        assert not composed(session, EVENING, DigestKind.EVENING).has_news


def message(session: Session, about: Ticket, state: Delivery, at: datetime = YESTERDAY) -> None:
    key = f"{about.id}:{state}:{at}"
    row = {
        "person_id": about.reporter_id,
        "account": "main",
        "template": "ticket_accepted",
        "context": {},
        "unique_key": key,
        "ticket_id": about.id,
        "created_at": at,
    }
    outbox.queue(session, [row])
    session.scalars(
        select(OutboxMessage).where(OutboxMessage.unique_key == key)
    ).one().state = state
    session.flush()


def test_who_could_not_be_reached_is_on_the_call_list_once_without_the_matter(
    store: Database,
) -> None:
    factories.town(store, YESTERDAY - timedelta(days=30))
    with store.writing() as session:
        first, second = ticket(session), ticket(session)
        for state in (Delivery.HELD, Delivery.FAILED):
            message(session, first, state)
            message(session, second, state)
        message(
            session,
            ticket(session, reporter=factories.demo_person(session, "resident", 2)),
            Delivery.SENT,
        )
        called = of(session, Section.UNREACHED)
        assert called == [factories.demo_person(session, "resident")]
        assert pages.persons(session, called) == [{"name": "居民A", "home": "幸福里小区3号楼"}]


def test_who_hid_their_name_or_was_unreached_long_ago_is_not_called(town: Database) -> None:
    with town.writing() as session:
        message(session, ticket(session, hides_reporter=True), Delivery.HELD)
        message(session, ticket(session), Delivery.HELD, at=YESTERDAY - timedelta(days=1))
        assert of(session, Section.UNREACHED) == []


def test_staff_are_told_nothing_of_a_matter_about_the_community(store: Database) -> None:
    factories.town(store, YESTERDAY - timedelta(days=30))
    with store.writing() as session:
        about = ticket(session, about=About.COMMUNITY, resolve_due_at=MORNING - timedelta(hours=1))
        message(session, about, Delivery.HELD)
        assert composed(session).sections.keys() == {Section.VACANT}
        assert about.id in of_reader(session, factories.demo_person(session, "subdistrict_staff"))


def of_reader(session: Session, reader: int) -> list[int]:
    found = compose(session, community(session), DigestKind.MORNING, MORNING, [reader])
    return found[reader].sections[Section.OVERDUE]


def test_a_second_post_hides_it_from_that_reader_alone(town: Database) -> None:
    with town.writing() as session:
        estate = factories.area_named(session, factories.ESTATE)
        factories.post(session, Role.COMMITTEE_MEMBER, estate, who=staff(session, 1))
        late = ticket(session, about=About.COMMITTEE, resolve_due_at=MORNING)
        readers = [staff(session, 1), staff(session, 2)]
        found = compose(session, community(session), DigestKind.MORNING, MORNING, readers)
        assert Section.OVERDUE not in found[readers[0]].sections
        assert found[readers[1]].sections[Section.OVERDUE] == [late.id]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    posts=st.lists(
        st.tuples(
            st.sampled_from(
                [Role.BUILDING_HEAD, Role.GRID_LEADER, Role.COMMITTEE_MEMBER, Role.PROPERTY_STAFF]
            ),
            st.sampled_from(["幸福里小区", "阳光花园", "幸福第一网格", "3号楼", "和平家园"]),
            st.sampled_from([None, YESTERDAY - timedelta(hours=1), YESTERDAY + timedelta(hours=1)]),
        ),
        max_size=3,
    ),
    abouts=st.lists(st.sampled_from([None, *About]), min_size=1, max_size=4),
    is_placed=st.booleans(),
    leave=st.sampled_from([None, "nobody stands in", "reader away", "over two"]),
)
def test_it_hides_exactly_what_the_rule_for_one_ticket_hides(
    town: Database,
    posts: list[tuple[Role, str, datetime | None]],
    abouts: list[About | None],
    is_placed: bool,
    leave: str | None,
) -> None:
    with town.writing() as session:
        reader = staff(session)
        for role, name, until in posts:
            where = (
                factories.building(session)
                if name == "3号楼"
                else factories.area_named(session, name)
            )
            since = YESTERDAY - timedelta(days=9)
            factories.post(session, role, where, who=reader, since=since, until=until)
        own, head, other = (
            factories.post_of(session, role)
            for role in ("community_staff", "building_head", "grid_worker")
        )
        for away, instead in {
            None: (),
            "nobody stands in": ((own, None),),
            "reader away": ((head, own), (own, None)),
            "over two": ((head, other), (other, own)),
        }[leave]:
            session.add(
                Absence(
                    post_id=away.id,
                    substitute_id=instead.id if instead else None,
                    since=YESTERDAY,
                    until=MORNING + timedelta(days=1),
                )
            )
        made = [ticket(session, about=about) for about in abouts]
        if not is_placed:
            made[0].area_id = None
        hidden = hidden_tickets(session, made, [reader], MORNING)[reader]
        assert hidden == {
            one.id for one in made if reader in protection.accused_persons(session, one, MORNING)
        }
        session.rollback()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(database.writer, "before_cursor_execute", note)
    yield said
    event.remove(database.writer, "before_cursor_execute", note)


def test_it_takes_the_same_few_statements_for_many_tickets_as_for_one(town: Database) -> None:
    with town.writing() as session:
        ticket(session, about=About.PROPERTY)
        with counted(town) as few:
            composed(session)
        for number in range(1, 9):
            for about in (None, About.PROPERTY, About.COMMUNITY):
                message(
                    session,
                    ticket(session, where=factories.building(session, number), about=about),
                    Delivery.HELD,
                )
        session.expire_all()
        with counted(town) as many:
            composed(session)
    assert len(many) <= len(few) <= 12  # the second time the root of all areas is in memory


def occasion(session: Session, due_at: datetime = MORNING, job: str = "morning_digest") -> Occasion:
    return Occasion(job, due_at, community(session), DigestKind.MORNING)


def test_a_digest_is_sent_once_and_asks_with_it(store: Database) -> None:
    factories.town(store, YESTERDAY - timedelta(days=30))
    with store.writing() as session:
        ticket(session, resolve_due_at=MORNING)
        told = composed(session)
        assert sending.send(session, occasion(session), staff(session), told)
        assert not sending.send(session, occasion(session), staff(session), told)
        (question,) = conversations.open_questions(session, staff(session), MORNING)
        assert question.is_pushed
        sent = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template == "digest")
        ).one()
        assert sent.context["sections"][0] == {"key": "overdue", "count": 1}
        assert session.scalar(select(func.count()).select_from(Digest)) == 1


def test_every_number_is_the_length_of_its_list(town: Database) -> None:
    with town.writing() as session:
        for number in range(1, 9):
            message(
                session,
                ticket(session, where=factories.building(session, number), resolve_due_at=MORNING),
                Delivery.HELD,
            )
        digest = sending.keep(session, occasion(session), staff(session), composed(session))
        context = sending.context(session, digest)
        assert [one["key"] for one in context["sections"]] == digest.shown()
        for one in context["sections"]:
            listed = [
                item
                for page in range(1, pages.pages(digest, Section(one["key"])) + 1)
                for item in pages.page_of(digest, Section(one["key"]), page)
            ]
            assert len(listed) == len(set(listed)) == one["count"] > 0, one
        assert sum(count for _, count in context["topics"]) == len(digest.sections["topics"])


def test_the_next_digest_takes_over_the_digits_of_the_last(town: Database) -> None:
    with town.writing() as session:
        ticket(session, resolve_due_at=MORNING)
        told = composed(session)
        sending.send(session, occasion(session), staff(session), told)
        sending.send(session, occasion(session, EVENING, "evening_digest"), staff(session), told)
        open_now = conversations.open_questions(session, staff(session), EVENING)
        assert [one.opened_at for one in open_now] == [EVENING]
        assert session.scalar(select(func.count()).select_from(Question)) == 2


def test_a_matter_that_turns_out_to_be_about_the_reader_leaves_the_page(town: Database) -> None:
    with town.writing() as session:
        plain, turned = ticket(session), ticket(session)
        digest = sending.keep(session, occasion(session), staff(session), composed(session))
        ids = digest.sections[Section.WAITING]
        assert {one.id for one in pages.tickets(session, digest, ids, MORNING)} == set(ids)
        turned.about = About.COMMUNITY
        session.flush()
        assert [one.id for one in pages.tickets(session, digest, ids, MORNING)] == [plain.id]


def test_who_stands_in_for_the_staff_reads_the_digest(town: Database) -> None:
    with town.writing() as session:
        first, second = staff(session, 1), staff(session, 2)
        assert set(sending.readers(session, community(session), MORNING)) == {first, second}
        away = factories.post_of(session, "community_staff", 1)
        stand_in = factories.post_of(session, "subdistrict_staff", 1)
        session.add(
            Absence(
                post_id=away.id,
                since=YESTERDAY,
                until=MORNING + timedelta(days=1),
                substitute_id=stand_in.id,
            )
        )
        session.flush()
        readers = sending.readers(session, community(session), MORNING)
        assert set(readers) == {stand_in.person_id, second}
