"""Who looked at whose personal data, for administrators."""

from typing import Any

from flask import request

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render
from jobs.listings import title
from jobs.listings.access_log import AccessLog, names_of, wanted_of
from models import access_log as looks
from models.access_log import Looked
from models.tickets.asked import number_in

PAGE = 50


@page("/access-log")
def access_log(desk: Desk) -> Any:
    """Names of who looked; whom they looked at stays a number, or this page would be a look."""
    before = number_in(request.args.get("before", ""))
    query = {key: request.args[key] for key in AccessLog.keys if request.args.get(key)}
    with desk.reading() as session:
        found = looks.latest(session, wanted_of(query), before, PAGE + 1)
        names = names_of(session, found)
    shown = found[:PAGE]
    return render(
        "access_log.html",
        rows=shown,
        names=names,
        query=query,
        kinds=list(Looked),
        title_of=title,
        next=shown[-1].id if len(found) > PAGE else None,
    )
