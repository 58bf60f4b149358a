"""督办: who may ask whom, until when, and what becomes of it; on both stores."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import due_days
from models.base import Database
from models.erasure import erase
from models.errors import NotAllowed, NotFound, ReasonMissing, TransitionNotAllowed
from models.events import Event
from models.on_duty import Holder
from models.outbox import OutboxMessage
from models.posts import PAID, Absence, Role
from models.supervisions import asking, lists, sides, steps, ticking
from models.supervisions.asking import SupervisionUnfit, Wanted
from models.supervisions.flow import FLOW, Side, SupervisionAction, SupervisionState
from models.supervisions.lists import Group
from models.supervisions.table import Supervision
from models.tickets.table import About, Ticket
from tests.factories import MORNING, building, demo_person, post_of, ticket, town

FRIDAY = date(2026, 3, 6)
STREET, WORKER = "subdistrict_staff", "grid_worker"


def choice(session: Session, tickets: list[Ticket], by: int, role: str) -> Holder:
    found = sides.choices(session, tickets, by, MORNING)
    return next(one for one in found if one.role == role)


def asked(session: Session, role: str = WORKER, **more: object) -> Supervision:
    """By the street, about a matter in building 3, until Friday."""
    street = demo_person(session, STREET)
    one = ticket(session, building(session), MORNING, **more)
    holder = choice(session, [one], street, role)
    return asking.ask(session, [one], Wanted(holder, "群众多次反映", FRIDAY), by=street, at=MORNING)


def test_only_paid_posts_below_can_be_asked_and_never_whom_it_is_about(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        street, head = demo_person(session, STREET), demo_person(session, "building_head")
        community = demo_person(session, "community_staff")
        one = ticket(session, building(session), MORNING)
        offered = sides.choices(session, [one], street, MORNING)
        assert offered and {held.role for held in offered} <= PAID
        assert head not in {held.person_id for held in offered}
        below = {held.role for held in sides.choices(session, [one], community, MORNING)}
        assert below == {Role.GRID_WORKER, Role.GRID_LEADER, Role.PROPERTY_STAFF}
        for role in (head, demo_person(session, WORKER), demo_person(session, "resident")):
            assert sides.choices(session, [one], role, MORNING) == []
        about = ticket(session, building(session), MORNING, about=About.PROPERTY)
        roles = {held.role for held in sides.choices(session, [one, about], street, MORNING)}
        assert Role.GRID_WORKER in roles and Role.PROPERTY_STAFF not in roles
        mine = ticket(session, building(session), MORNING, about=About.COMMUNITY)
        assert sides.choices(session, [mine], community, MORNING) == []
        with pytest.raises(NotAllowed):
            asking.ask(session, [mine], Wanted(None, "说说", FRIDAY), by=community, at=MORNING)


def test_the_table_of_who_asks_whom_names_no_unpaid_post() -> None:
    for by, whom in load("supervisions")["asks"].items():
        assert {Role(by), *map(Role, whom)} <= PAID


@pytest.mark.parametrize(
    ("words", "day", "refusal"),
    [
        (" ", FRIDAY, ReasonMissing),
        ("说说", date(2026, 3, 2), SupervisionUnfit),
        ("说说", date(2027, 3, 2), SupervisionUnfit),
    ],
)
def test_a_question_without_words_or_with_an_odd_day_is_refused(
    database: Database, words: str, day: date, refusal: type[Exception]
) -> None:
    town(database)
    with database.writing() as session:
        street = demo_person(session, STREET)
        one = ticket(session, building(session), MORNING)
        holder = choice(session, [one], street, WORKER)
        with pytest.raises(refusal):
            asking.ask(session, [one], Wanted(holder, words, day), by=street, at=MORNING)
        assert session.scalars(select(Supervision)).all() == []


def test_a_supervision_from_its_question_to_its_end(store: Database) -> None:
    """Asked, answered, asked again, talked about, answered and closed; each step an event."""
    town(store)
    with store.writing() as session:
        one = asked(session)
        street, worker, at = one.supervisor_id, one.person_id, MORNING
        with pytest.raises(NotAllowed):
            steps.answer(session, one, "在办", by=street, at=at)
        steps.answer(session, one, "周五进场", by=worker, at=at)
        with pytest.raises(TransitionNotAllowed):
            steps.answer(session, one, "周五进场", by=worker, at=at)
        steps.ask_again(session, one, "费用谁出", date(2026, 3, 10), by=street, at=at)
        assert (one.due_on, one.answered_at) == (date(2026, 3, 10), None)
        with pytest.raises(SupervisionUnfit):
            steps.talk(session, one, "已约谈", date(2026, 3, 4), by=street, at=at)
        steps.talk(session, one, "约谈网格员，两天内报方案", date(2026, 3, 3), by=street, at=at)
        steps.move_day(session, one, date(2026, 3, 12), by=street, at=at)
        steps.answer(session, one, "维修资金已申请", by=worker, at=at)
        assert one.clock_at is None
        steps.close(session, one, by=street, at=at)
        assert one.state == SupervisionState.CLOSED and one.ended_at == at
        said = [(row.entry.kind, row.entry.text) for row in lists.said(session, one)]
        assert [kind for kind, _ in said] == ["note", "answer", "again", "talk", "answer"]
        verbs = session.scalars(
            select(Event.verb).where(Event.subject_kind == "supervision").order_by(Event.id)
        ).all()
        assert len(verbs) == 7 and verbs[-1] == "supervision_closed"
        told = set(
            session.scalars(
                select(OutboxMessage.person_id).where(
                    OutboxMessage.template.startswith("supervision_")
                )
            )
        )
        assert told == {street, worker}, "no resident hears of it"


def test_a_button_stands_for_each_row_of_the_table_and_for_no_other(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = asked(session)
        at = MORNING
        for state in SupervisionState:
            one.state = state
            if state != SupervisionState.ASKED:
                one.clock_at, one.answered_at = None, at
            one.ended_at = None if one.is_open else at
            for action in SupervisionAction:
                move = FLOW.moves.get((state, action))
                for who, side in (
                    (one.supervisor_id, Side.SUPERVISOR),
                    (one.person_id, Side.ASKED),
                ):
                    may = move is not None and side in move.by
                    assert steps.can(session, one, action, by=who, at=at) is may, (
                        state,
                        action,
                    )
                other = demo_person(session, "community_staff")
                assert not steps.can(session, one, action, by=other, at=at)


def test_the_clock_reminds_once_before_once_on_the_day_and_tells_both_once_it_is_late(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = asked(session)
        done: list[str] = []
        for hour in range(0, 24 * 7, 3):
            now = MORNING + timedelta(hours=hour)
            found = due_days.due(session, Supervision, now)
            done += [str(ticking.tick(session, one, now)) for _ in found]
        assert done == ["reminded", "reminded", "late"]
        late = session.scalars(
            select(OutboxMessage.person_id).where(OutboxMessage.template == "supervision_late_told")
        ).all()
        assert late == [one.supervisor_id]
        assert lists.counts(session, one.supervisor_id, now)[Group.LATE] == 1


def test_it_is_read_by_its_two_sides_and_the_desks_above_and_never_by_whom_it_is_about(
    database: Database,
) -> None:
    """Counts are the lengths of the lists, for every reader and group."""
    town(database)
    with database.writing() as session:
        one = asked(session)
        accusing = asked(session, about=About.COMMUNITY)
        read = {
            role: {
                row.one.id
                for row in lists.rows(session, demo_person(session, role), Group.OPEN, MORNING)
            }
            for role in (STREET, WORKER, "community_staff", "property_staff", "building_head")
        }
        assert read == {
            STREET: {one.id, accusing.id},
            WORKER: {one.id, accusing.id},
            "community_staff": {one.id},
            "property_staff": set(),
            "building_head": set(),
        }
        community = demo_person(session, "community_staff")
        with pytest.raises(NotFound):
            lists.row_in(session, accusing.id, community, MORNING)
        for role in read:
            who = demo_person(session, role)
            counts = lists.counts(session, who, MORNING)
            for group in Group:
                assert counts[group] == len(lists.rows(session, who, group, MORNING)), (role, group)


def test_it_waits_for_whoever_stands_in_for_who_stands_in(store: Database) -> None:
    town(store)
    away = MORNING + timedelta(days=1)
    with store.writing() as session:
        worker = post_of(session, WORKER)
        others = [post_of(session, "property_staff", count) for count in (1, 2)]
        for post, instead in pairwise([worker, *others]):
            until = MORNING + timedelta(days=3)
            leave = Absence(post_id=post.id, since=away, until=until, substitute_id=instead.id)
            session.add(leave)
        last = others[-1].person_id
    with store.writing() as session:
        one = asked(session)
        assert one.post_id == worker.id
        assert lists.to_answer(session, last, MORNING) == []
        assert lists.to_answer(session, last, away) == [one]
        steps.answer(session, one, "我代他办", by=last, at=away)
        with pytest.raises(NotFound):
            lists.row_in(session, one.id, last, MORNING + timedelta(days=4))


def test_words_of_somebody_erased_are_gone_and_the_supervision_stays_counted(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = asked(session)
        steps.answer(session, one, "周五进场", by=one.person_id, at=MORNING)
        erase(session, one.person_id, MORNING)
        texts = [row.entry.text for row in lists.said(session, one)]
        assert texts == ["群众多次反映", None]
        quoted = session.scalars(
            select(OutboxMessage).where(OutboxMessage.person_id == one.supervisor_id)
        ).all()
        assert all("周五进场" not in str(message.context) for message in quoted)
        assert lists.counts(session, one.supervisor_id, MORNING)[Group.ANSWERED] == 1
