"""Who looked at whose personal data, for administrators."""

from typing import Any

from flask import request
from sqlalchemy import select

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render
from models import access_log as looks
from models.people import Person

PAGE = 50


@page("/access-log")
def access_log(desk: Desk) -> Any:
    """Names of who looked; whom they looked at stays a number, or this page would be a look."""
    given = request.args.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
    with desk.reading() as session:
        found = looks.latest(session, before, PAGE + 1)
        people = {one.person_id for one in found}
        rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
        names = {person_id: name or "" for person_id, name in rows}
    shown = found[:PAGE]
    further = shown[-1].id if len(found) > PAGE else None
    return render("access_log.html", rows=shown, names=names, next=further)
