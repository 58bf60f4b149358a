"""The night's putting away: in slices, all of it, kill-safe, and nothing that is still needed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from jobs import retention as job
from jobs.retention import Pace, put_in_order
from models import conversations, events, inbox, job_runs, retention, tasks, vital_signs
from models.access_log import Access, Looked
from models.base import Database
from models.conversations import Question
from models.events import Fact
from models.inbox import InboxMessage, Letter
from models.job_runs import FIRST_SEEN, JobRun
from models.outbox import Delivery, OutboxMessage
from models.past import PAST_EVENTS, PAST_MESSAGES, EveryEvent, EveryMessage
from models.retention import KINDS
from models.tasks import Task
from models.ticket_flow import State
from tests.factories import MORNING, building, demo_person, ticket, town

TONIGHT = MORNING + timedelta(days=1200, hours=-6)  # at three
TABLES = [kept.table for kept in KINDS.values()]
LEASE = timedelta(minutes=5)
LIVES = (State.ARCHIVED, State.WITHDRAWN, State.MERGED, State.DISPATCHED)


@pytest.fixture
def aged(store: Database) -> Database:
    """Rows of every kind, of each day of years; what is needed still among what is over."""
    town(store, MORNING - timedelta(days=30))
    with store.writing() as session:
        resident, staff = demo_person(session, "resident"), demo_person(session, "community_staff")
        for day in range(0, 1200, 100):
            one_day(session, MORNING + timedelta(days=day), resident, staff)
        job_runs.meet(session, ["digest"], MORNING)
    return store


def one_day(session: Session, at: datetime, resident: int, staff: int) -> None:
    day = (at - MORNING).days
    made = [ticket(session, building(session), at, reporter=resident) for _ in LIVES]
    for one, state in zip(made, LIVES, strict=True):
        one.state, one.ended_at = state, at if state != State.DISPATCHED else None
        one.result, one.outcome = "好了", "fixed"
        one.merged_into = made[0].id if state == State.MERGED else None
        events.record(session, Fact("ticket_noted", "ticket", one.id, at, actor_id=staff))
    for number, state in enumerate((Delivery.SENT, Delivery.HELD, Delivery.FAILED)):
        said = {"account": "main", "template": "notice", "context": {"text": "停水"}}
        session.add(
            OutboxMessage(
                **{**said, "person_id": resident, "unique_key": f"notice:{day}:{number}"},
                state=state,
                not_before=at,
                created_at=at,
            )
        )
    session.flush()
    for outcome in ("answered", "failed"):
        letter = Letter("main", outcome, str(day), "text", at)
        got = inbox.receive(session, letter)
        if outcome == "answered":
            inbox.keep_reply(session, letter, got, "收到", at)
        else:
            inbox.give_up(session, letter, got, "转人工", {"text": "x"}, at)
    conversations.ask(session, resident, "place", {}, at)
    session.add(Access(person_id=staff, subject_id=resident, what=Looked.CONTACT, at=at))
    for name in ("done", "failed"):
        tasks.ask(session, name, {}, at, f"{name}:{day}", at)
        (task,) = tasks.claim(session, at, {name}, 1, LEASE)
        tasks.finish(session, task) if name == "done" else tasks.give_up(session, task, "NotFound")
    run = job_runs.claim(session, "digest", at, at, LEASE)
    assert run is not None
    job_runs.finish(session, run, at, None)


def count(store: Database, *tables: type | Table) -> list[int]:
    with store.reading() as session:
        return [session.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


def oldest(store: Database, moment: object) -> int:
    """Of what is left, in days since the first."""
    with store.reading() as session:
        return (session.scalar(select(func.min(moment))) - MORNING).days


def test_each_kind_is_put_away_at_its_age_and_what_is_needed_stays(aged: Database) -> None:
    every = count(aged, EveryEvent, EveryMessage)
    told = put_in_order(aged, TONIGHT)
    assert told is not None and "unfinished" not in told
    assert count(aged, EveryEvent, EveryMessage) == every
    with aged.reading() as session:
        kept = set(session.scalars(select(OutboxMessage.unique_key)))
        gone = set(session.scalars(select(PAST_MESSAGES.c.unique_key)))
        lives = session.execute(
            select(PAST_EVENTS.c.verb, PAST_EVENTS.c.at).where(PAST_EVENTS.c.verb == "ticket_noted")
        ).all()
        ended = session.scalars(select(InboxMessage.outcome)).all()
        runs = session.scalars(select(JobRun.due_at).where(JobRun.due_at > FIRST_SEEN)).all()
        failed = select(func.count(Task.id)).where(Task.kind == "failed")
        assert session.scalar(failed) == 12
    assert "notice:0:1" in kept and "notice:900:0" in kept, "held, and young enough"
    assert {"notice:0:0", "notice:0:2", "notice:700:0"} <= gone
    assert len(lives) == 2 * 4, "of two of four lives, and of the days up to the 400th alone"
    assert ended.count("failed") == 12 and 1 < ended.count("answered") < 4
    with aged.writing() as session:
        again = inbox.receive(session, Letter("main", "answered", "1100", "text", TONIGHT))
    assert again.is_repeat and again.reply == "收到", "the platform's repeats are still answered"
    assert oldest(aged, Question.opened_at) >= 1000 and oldest(aged, Access.at) == 100
    assert len(runs) == 1, "the clock goes on from the latest"
    with aged.reading() as session:
        late = list(vital_signs.old_rows(session, TONIGHT + timedelta(days=2)))
    assert {one.labels["kind"]: one.value for one in late} == dict.fromkeys(KINDS, 2)
    rest = count(aged, *TABLES)
    assert put_in_order(aged, TONIGHT + timedelta(minutes=10)) is None, "all of it is done"
    assert put_in_order(aged, TONIGHT + timedelta(days=900, hours=6)) is None, "that is by day"
    assert count(aged, *TABLES) == rest


def test_a_night_that_is_cut_short_loses_nothing_and_the_next_one_goes_on(
    aged: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = count(aged, EveryEvent, EveryMessage)
    real, left = retention.put_away, iter(range(5))

    def killed(*of: object) -> int:
        done = real(*of)
        if next(left, None) is None:
            raise KeyboardInterrupt  # moved, and not committed
        return done

    monkeypatch.setattr(job.retention, "put_away", killed)
    monkeypatch.setattr(Pace, "learn", lambda *_: None)
    monkeypatch.setattr(job, "load", lambda _: {"night": {**NIGHT, "first_rows": 3}})
    with pytest.raises(KeyboardInterrupt):
        put_in_order(aged, TONIGHT)
    part = count(aged, PAST_EVENTS, PAST_MESSAGES)
    assert sum(part) > 0 and count(aged, EveryEvent, EveryMessage) == every
    monkeypatch.setattr(job.retention, "put_away", real)
    monkeypatch.setattr(job, "load", lambda _: {"night": {**NIGHT, "seconds": 0}})
    assert put_in_order(aged, TONIGHT) == "unfinished=messages"
    with aged.reading() as session:
        assert retention.behind(session, TONIGHT) == {}
    monkeypatch.undo()
    put_in_order(aged, TONIGHT)
    assert count(aged, EveryEvent, EveryMessage) == every
    assert count(aged, PAST_EVENTS, PAST_MESSAGES) > part


NIGHT = job.load("retention")["night"]


def test_a_slice_grows_while_it_is_quick_and_is_halved_when_it_holds_the_writer() -> None:
    pace = Pace(100, 130, 0.04)
    taken = [pace.rows]
    for seconds in (0.01, 0.01, 0.03, 0.09, 0.2, 0.01):
        pace.learn(seconds)
        taken.append(pace.rows)
    assert taken == [100, 126, 130, 130, 65, 32, 41]
    assert pace.longest == 0.2
