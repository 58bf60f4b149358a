"""Runs of scheduled jobs: one for each due time, taken over when its process died."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from models import job_runs
from models.base import Database
from models.job_runs import MOST_ATTEMPTS, RETRY_AFTER, ClaimedRun, JobRun, RunState

EIGHT = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def claim(
    store: Database, now: datetime = EIGHT, due_at: datetime = EIGHT, job: str = "digest"
) -> ClaimedRun | None:
    with store.writing() as session:
        return job_runs.claim(session, job, due_at, now, LEASE)


def claim_by_hand(store: Database, now: datetime = EIGHT) -> ClaimedRun | None:
    with store.writing() as session:
        return job_runs.claim_by_hand(session, "digest", EIGHT, now, LEASE)


def test_one_of_many_gets_a_firing(store: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: claim(store), range(12)))
    assert sum(run is not None for run in claims) == 1


def test_a_finished_firing_is_never_taken_again(store: Database) -> None:
    run = claim(store)
    assert run is not None
    with store.writing() as session:
        assert job_runs.finish(session, run, EIGHT + timedelta(seconds=3), "sent=4")
    assert claim(store, EIGHT + timedelta(days=1)) is None
    assert claim_by_hand(store, EIGHT + timedelta(days=1)) is None
    with store.reading() as session:
        row = session.scalars(select(JobRun)).one()
    assert (row.state, row.detail, row.lease_until) == (RunState.DONE, "sent=4", None)
    assert row.finished_at == EIGHT + timedelta(seconds=3)


def test_a_dead_process_loses_its_firing_after_the_lease(store: Database) -> None:
    lost = claim(store)
    assert claim(store, EIGHT + LEASE - timedelta(seconds=1)) is None
    with store.reading() as session:
        assert job_runs.lapsed(session, EIGHT + LEASE - timedelta(seconds=1)) == []
        assert [run.due_at for run in job_runs.lapsed(session, EIGHT + LEASE)] == [EIGHT]
    again = claim(store, EIGHT + LEASE)
    assert lost is not None
    assert again is not None
    assert again.attempts == 2
    with store.writing() as session:
        assert not job_runs.finish(session, lost, EIGHT, None), "it came back too late"
        assert job_runs.finish(session, again, EIGHT, None)


def test_a_failed_firing_is_tried_again_a_few_times(store: Database) -> None:
    now = EIGHT
    for _ in range(MOST_ATTEMPTS):
        run = claim(store, now)
        assert run is not None
        with store.writing() as session:
            assert job_runs.fail(session, run, now, "TimeoutError")
        assert claim(store, now + RETRY_AFTER - timedelta(seconds=1)) is None
        now += RETRY_AFTER
    assert claim(store, now) is None
    with store.reading() as session:
        assert job_runs.lapsed(session, now + timedelta(days=9)) == []
    assert claim_by_hand(store, now) is not None, "a person may still repeat it"


def test_giving_up_loses_to_a_take_over(store: Database) -> None:
    claim(store)
    later = EIGHT + LEASE
    with store.reading() as session:
        (lapsed,) = job_runs.lapsed(session, later)
    assert claim(store, later) is not None
    with store.writing() as session:
        assert not job_runs.give_up(session, lapsed, later, "superseded")


def test_a_job_never_seen_begins_now_and_all_clocks_agree_when(store: Database) -> None:
    with store.reading() as session:
        assert job_runs.last_due(session, "digest") is None
    for seconds in (0, 5):
        with store.writing() as session:
            job_runs.meet(session, ["digest", "sweep"], EIGHT + timedelta(seconds=seconds))
    with store.reading() as session:
        assert job_runs.last_due(session, "digest") == EIGHT


def test_the_last_due_time_is_the_clocks_and_not_a_persons(store: Database) -> None:
    tomorrow = EIGHT + timedelta(days=1)
    claim(store)
    with store.writing() as session:
        job_runs.claim_by_hand(session, "digest", tomorrow, EIGHT, LEASE)
    with store.reading() as session:
        assert job_runs.last_due(session, "digest") == EIGHT
