"""Puts the resident's pages together: who may open them, forms' tokens, headers, refusals."""

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import structlog
from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException

from app.console.rendering import template_words
from app.limits import SharedLimit
from app.logs import fault
from app.office import Office
from app.pages.my.access import PAGES, Gate, Page
from app.pages.my.keys import (
    A_YEAR,
    COOKIE,
    LARGE_COOKIE,
    NOBODY,
    PATH,
    PERSON,
    is_https,
    is_own_form,
    token_field,
)
from app.pages.my.rendering import Answer, is_by_script, refused, say_status
from app.pages.my.visit import Visit, visit_of
from config.settings import Settings
from models.busy import BUSY
from models.errors import DomainError

SUBJECTS = (
    *("sign_in", "home", "report", "matters", "notices", "directory", "messages", "homes"),
    *("privacy", "offline"),
)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(self)",
}
# What may lie on a phone at all is asked for anew each time: it may have changed hands.
KEPT = {"photo": "private, no-cache", "worker": "private, no-cache"}
# Many phones share the address of their network; all processes count together.
ADDRESS_PER_MINUTE = 1200
# A class is suggested while one types, after each pause.
SUGGESTIONS_PER_MINUTE = 120

log = structlog.get_logger(__name__)

for _subject in SUBJECTS:
    import_module(f"app.pages.my.{_subject}")


@dataclass(frozen=True, slots=True)
class Limits:
    """限速 — what one resident may change in a minute, and how often one address may sign in.

    Counted by all processes together where there is Redis: who guesses gets no more of them.
    """

    of_person: SharedLimit
    of_typing: SharedLimit
    of_address: SharedLimit

    def are_over(self, page: Page, visit: Visit) -> bool:
        """Counts this request where it counts."""
        if visit.speaker is None and page.gate is Gate.ANYBODY:
            return self.of_address.is_over("my address", request.remote_addr or "", visit.now)
        if visit.speaker is None or page.method == "GET":
            return False
        who = visit.speaker
        if page.name == "suggestion":
            return self.of_typing.is_over("my typing", str(who.identity_id), visit.now)
        return self.of_person.is_over("my person", str(who.identity_id), visit.now)


def make_my(office: Office) -> Blueprint:
    """Mounted beside the public pages, whose static files it uses."""
    limits = Limits(
        office.allowance(office.settings.messages_per_minute),
        office.allowance(SUGGESTIONS_PER_MINUTE),
        office.allowance(ADDRESS_PER_MINUTE),
    )
    my = Blueprint("my", __name__, url_prefix=PATH, template_folder="../templates")
    for one in PAGES.values():
        my.add_url_rule(
            one.rule, one.name, partial(_answer, office, limits, one), methods=[one.method]
        )
    my.add_url_rule("/<path:_>", "elsewhere", lambda _: say_status(404))
    my.after_request(partial(_secured, office.settings))
    my.context_processor(_shared)
    for name, word in template_words().items():
        my.add_app_template_filter(word, name)
    _handle_refusals(my)
    return my


def _answer(office: Office, limits: Limits, page: Page, **given: Any) -> Answer:
    """The view, if who asks may open it and the form is one of theirs."""
    request.max_content_length = page.largest
    g.visit = visit = visit_of(office, request.cookies.get(COOKIE, ""))
    if limits.are_over(page, visit):
        return say_status(429)
    if page.gate is Gate.ANYBODY:
        return page.view(visit, **given)
    if visit.speaker is None:
        return _sent_to_the_door()
    if page.method == "POST" and not is_own_form():
        return say_status(400)
    return page.view(visit, **given)


def _sent_to_the_door() -> Answer:
    """A script is only told: it keeps what it was to send until its person is back."""
    if is_by_script():
        return say_status(401)
    return redirect(url_for("my.sign_in", next=_here()))


def _secured(settings: Settings, response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers["Cache-Control"] = KEPT.get(_name_of_page(), "no-store")
    if visit := g.get("visit"):
        response.headers[PERSON] = str(visit.speaker.identity_id) if visit.speaker else NOBODY
    if is_https(settings):
        response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
    return response


def _handle_refusals(my: Blueprint) -> None:
    @my.errorhandler(DomainError)
    def refusal_of_domain(refusal: DomainError) -> Answer:
        return refused(refusal)

    @my.errorhandler(HTTPException)
    def of_http(refusal: HTTPException) -> Answer:
        return say_status(refusal.code or 500)

    @my.errorhandler(Exception)
    def unforeseen(failure: Exception) -> Answer:
        log.error("page_failed", route=request.endpoint, **fault(failure))
        return say_status(503 if isinstance(failure, BUSY) else 500)


def _shared() -> dict[str, Any]:
    visit = g.get("visit")
    return {
        "who": visit.speaker if visit else None,
        "token": token_field,
        "is_large": request.cookies.get(LARGE_COOKIE) == "1",
        "here": _here(),
        "done": request.args.get("done", ""),
        "places": f"{PATH}/places/",
        "name_of_page": _name_of_page(),
    }


def _here() -> str | None:
    """Where one can come back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else None


def _name_of_page() -> str:
    return (request.endpoint or "").removeprefix("my.")
