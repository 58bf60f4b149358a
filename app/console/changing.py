"""One step from a page: done and back to it, or the page with what stands against it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.console.desk import Desk
from app.console.rendering import status_of, words_of
from config.policy import load
from models.errors import DomainError, NotFound

Problem = Mapping[str, str]
Form = MultiDict[str, str]
Act = Callable[[Session, Desk, Any, Form], Any]


def changed(
    desk: Desk,
    change: Callable[[Session], Any],
    *,
    field: str,
    done: Callable[[], str],
    shown: Callable[[Problem], str],
) -> Any:
    """`field` is where on the page a refusal is said; `done` tells the address to go on to."""
    try:
        with desk.writing() as session:
            change(session)
    except NotFound:
        raise
    except DomainError as refusal:
        at = str(refusal.context.get("field", field))
        return shown({at: words_of(refusal)}), status_of(refusal)
    return redirect(done())


def acted(
    desk: Desk,
    acts: Mapping[str, Act],
    find: Callable[[Session], Any],
    *,
    page: str,
    shown: Callable[[Problem], str],
    **where: int,
) -> Any:
    """The action that a form names, on what `find` finds; NotFound for one of no table.

    `page` and `where` are the address to go on to.
    """
    action = request.form.get("action", "")
    act = acts.get(action)
    if act is None:
        raise NotFound("no such action")
    return changed(
        desk,
        lambda session: act(session, desk, find(session), request.form),
        field=action,
        done=lambda: url_for(page, **where, done=action),
        shown=shown,
    )


def calling(verb: Callable[..., Any], *fields: Callable[[Form], Any]) -> Act:
    """Hands to a verb what these fields of the form hold, by who is at the desk."""

    def act(session: Session, desk: Desk, found: Any, form: Form) -> None:
        given = [field(form) for field in fields]
        verb(session, found, *given, by=desk.staff.person_id, at=desk.now)

    return act


def done_in(table: str) -> str:
    """What the page says was done, by an address that somebody may have bent."""
    return str(load("labels")[table].get(request.args.get("done", ""), ""))
