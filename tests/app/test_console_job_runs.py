"""The scheduled jobs in the console: how each stands, its runs, and running one by hand."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from jobs import standings
from jobs.queue import Queue
from jobs.schedule import load_schedule
from jobs.standings import Health
from models import job_runs
from models.events import Event
from models.job_runs import JobRun, RunState
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import demo_person

LEASE = timedelta(minutes=5)


def failed(house: House, job: str, *due: datetime) -> None:
    """As often as a clock would try it."""
    with house.database.writing() as session:
        for due_at in due:
            kept = JobRun(
                job=job,
                due_at=due_at,
                state=RunState.FAILED,
                is_manual=False,
                attempts=job_runs.MOST_ATTEMPTS,
                started_at=due_at,
                finished_at=due_at,
                detail="OperationalError",
            )
            session.add(kept)


@pytest.fixture
def met(house: House) -> House:
    """A clock has just seen every job for the first time."""
    with house.database.writing() as session:
        job_runs.meet(session, load_schedule(), house.now)
    return house


@pytest.fixture
def admin(met: House) -> Visitor:
    visitor = met.signed_in("admin")
    visitor.confirm()
    return visitor


def health_of(house: House) -> dict[str, Health]:
    with house.database.reading() as session:
        return {one.job.name: one.health for one in standings.standings(session, house.now)}


def test_every_job_says_in_chinese_what_it_does() -> None:
    assert all(one.what and not one.what.isascii() for one in load_schedule().values())


def test_what_sends_for_an_hour_of_the_day_is_never_run_by_hand() -> None:
    sending = {name for name in load_schedule() if name.endswith(("_digest", "_report"))}
    assert len(sending) == 6
    assert not any(load_schedule()[name].by_hand for name in sending)


def test_a_job_that_no_clock_fires_is_overdue_after_a_while(met: House) -> None:
    assert set(health_of(met).values()) == {Health.WAITING}
    met.later(minutes=10)
    found = health_of(met)
    assert found["sweep"] is Health.OVERDUE  # each minute
    assert found["annual_report"] is Health.WAITING


def test_failed_and_broken_off_runs_are_told_apart_from_those_that_will_be_tried_again(
    met: House,
) -> None:
    due = met.now
    with met.database.writing() as session:
        tried = job_runs.claim(session, "weekly_report", due, due, LEASE)
        assert tried is not None
        job_runs.fail(session, tried, due, "TimeoutError")
        assert job_runs.claim(session, "sweep", due, due, LEASE)
    assert health_of(met)["weekly_report"] is Health.RETRYING
    assert health_of(met)["sweep"] is Health.RUNNING
    met.later(minutes=11)
    assert health_of(met)["sweep"] is Health.STUCK


def test_the_number_of_the_day_page_is_the_number_of_the_list(met: House, admin: Visitor) -> None:
    assert "项定时任务没正常运行" not in admin.get("/console/").text
    met.later(minutes=10)
    failed(met, "morning_digest", met.now - timedelta(minutes=9))
    told = re.search(
        r'class="number">(\d+)</span> 项定时任务没正常运行', admin.get("/console/").text
    )
    page = admin.get("/console/jobs").text
    assert told is not None and int(told[1]) == page.count('class="entry urgent"')
    assert page.index("没按时运行") < page.index("等第一次")
    assert queries_of(met.database, lambda: admin.get("/console/jobs")) <= 12


def test_the_failures_of_a_job_open_exactly_their_list(met: House, admin: Visitor) -> None:
    outside = met.now - timedelta(days=7, minutes=1)
    failed(met, "forget_exports", outside, *(met.now - timedelta(hours=n) for n in range(3)))
    found = re.search(r'href="([^"]+)">7 天失败 (\d+) 次', admin.get("/console/jobs").text)
    assert found is not None and found[2] == "3"
    assert admin.get(found[1]).text.count("data-run=") == 3
    assert admin.get("/console/jobs/forget_exports").text.count("data-run=") == 4


def test_the_runs_of_a_job_go_on_page_by_page_without_loss(met: House, admin: Visitor) -> None:
    with met.database.writing() as session:
        for number in range(120):
            run = job_runs.claim(
                session, "sweep", met.now + timedelta(minutes=number), met.now, LEASE
            )
            assert run is not None and job_runs.finish(session, run, met.now, None)
    seen = [number for page in pages(admin, "/console/jobs/sweep") for number in page]
    assert len(seen) == len(set(seen)) == 120


def pages(visitor: Visitor, path: str) -> Iterator[list[str]]:
    while path:
        text = visitor.get(path).text
        yield re.findall(r'data-run="(\d+)"', text)
        further = re.search(r'rel="next" href="([^"]+)"', text)
        path = further[1].replace("&amp;", "&") if further else ""


def test_an_administrator_has_a_safe_job_run_once_however_often_they_click(
    met: House, admin: Visitor
) -> None:
    path = "/console/jobs/sweep_photos"
    assert "现在运行一次" in admin.get(path).text
    assert admin.post(path + "/run", {"what": "now"}).status_code == 302
    again = admin.post(path + "/run", {"what": "now"})
    assert again.status_code == 409 and "已经办过了" in again.text
    queue = Queue(met.database, lambda: met.now)
    assert queue.run_next() and not queue.run_next()
    assert "人工运行" in admin.get(path).text
    with met.database.reading() as session:
        run = session.scalars(select(JobRun).where(JobRun.is_manual.is_(True))).one()
        assert (run.job, run.state) == ("sweep_photos", RunState.DONE)
        kept = session.scalars(select(Event).where(Event.verb == "job_asked_for")).one()
        assert kept.actor_id == demo_person(session, "admin")
        assert kept.detail["job"] == "sweep_photos"


def test_a_digest_is_not_run_at_any_hour_but_repeated_when_it_failed(
    met: House, admin: Visitor
) -> None:
    path = "/console/jobs/morning_digest"
    assert admin.post(path + "/run", {"what": "now"}).status_code == 403
    assert admin.post(path + "/run", {"what": "repeat"}).status_code == 409
    failed(met, "morning_digest", met.now - timedelta(hours=1))
    page = admin.get(path).text
    assert "把失败的那次再做一遍" in page and "现在运行一次" not in page
    assert admin.post(path + "/run", {"what": "repeat"}).status_code == 302
    assert Queue(met.database, lambda: met.now).run_next()
    assert health_of(met)["morning_digest"] is Health.FINE


def test_a_digest_that_failed_yesterday_is_not_repeated_today(met: House, admin: Visitor) -> None:
    failed(met, "morning_digest", met.now - timedelta(days=1, hours=1))
    path = "/console/jobs/morning_digest"
    assert "把失败的那次再做一遍" not in admin.get(path).text
    assert admin.post(path + "/run", {"what": "repeat"}).status_code == 409


def test_community_staff_read_how_the_jobs_went_and_run_none(met: House) -> None:
    visitor = met.signed_in("community_staff")
    page = visitor.get("/console/jobs/sweep_photos").text
    assert "清除已删除资料的照片" in page and "现在运行" not in page
    assert visitor.post("/console/jobs/sweep_photos/run").status_code == 403
    assert visitor.get("/console/jobs/no_such_job").status_code == 404
