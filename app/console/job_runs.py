"""The scheduled jobs 定时任务: how each stands, its runs, and running one out of its time."""

from typing import Any

from flask import redirect, request, url_for

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from jobs import standings
from models import job_lists
from models.errors import AlreadyDone, NotAllowed
from models.job_runs import RunState

PAGE = 50


@page("/jobs")
def jobs(desk: Desk) -> Any:
    """What is in trouble comes first."""
    with desk.reading() as session:
        found = standings.standings(session, desk.now)
    rows = sorted(found, key=lambda one: one.health not in standings.TROUBLE)
    return render(
        "jobs.html",
        rows=rows,
        trouble=standings.TROUBLE,
        days=standings.LOOKED_BACK.days,
        now=desk.now,
    )


@page("/jobs/<name>")
def job_runs(desk: Desk, name: str) -> Any:
    return _shown(desk, name)


@page("/jobs/<name>/run", "POST")
def job_run(desk: Desk, name: str) -> Any:
    act = standings.repeat if request.form.get("what") == "repeat" else standings.run_now
    try:
        with desk.writing() as session:
            act(session, name, by=desk.staff.person_id, at=desk.now)
    except (AlreadyDone, NotAllowed) as refusal:
        return _shown(desk, name, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.job_runs", name=name, done="1"))


def _shown(desk: Desk, name: str, problem: str | None = None) -> str:
    only_failed = request.args.get("state") == RunState.FAILED
    narrowed = {"states": [RunState.FAILED], "since": desk.now - standings.LOOKED_BACK}
    with desk.reading() as session:
        job = standings.find(session, name)
        rows = job_lists.runs(
            session,
            name,
            **(narrowed if only_failed else {}),
            before=number_in(request.args.get("before", "")),
            limit=PAGE + 1,
        )
        last = job_lists.latest(session, [name]).get(name)
        may_ask = job_lists.may_ask(session, desk.staff.person_id, desk.now)
    return render(
        "job_runs.html",
        job=job,
        rows=rows[:PAGE],
        next=rows[PAGE - 1].id if len(rows) > PAGE else None,
        only_failed=only_failed,
        days=standings.LOOKED_BACK.days,
        next_due=job.next_after(desk.now),
        may_run=may_ask and job.by_hand,
        may_repeat=may_ask and standings.may_repeat(job, last, desk.now),
        problem=problem,
        done=request.args.get("done"),
    )
