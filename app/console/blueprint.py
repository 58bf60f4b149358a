"""Puts the pages of the console together: guards, forms' tokens, headers, words for refusals."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from app import looks
from app.console import headers
from app.console.access import PAGES, Open, Page, may_open, may_take
from app.console.chapters import chapter_of
from app.console.desk import Desk, Staff, staff_of
from app.console.rendering import refused, render, say_status, template_words, token_field
from app.house import now
from app.logs import fault
from app.office import Office, make_office
from config.settings import Settings
from models.base import Database
from models.busy import BUSY
from models.errors import DomainError

SUBJECTS = (
    *("sign_in", "sign_in_scan", "second_factor", "account", "handbook", "figures", "access_log"),
    *("digests", "reports", "report_readers"),
    *("home", "queue", "ticket", "whistle", "supervisions", "supervision_forms"),
    *("projects", "project_forms", "mediations"),
    *("lexicon", "settings_lexicon", "settings_categories", "unanswered", "unanswered_group"),
    *("notices", "notice_forms", "notice_poster", "publicity"),
    *("operations", "operation_forms", "hotline"),
    *("hazards", "legacy", "outside"),
    *("areas", "house_map", "people", "doubles", "posts", "invitations"),
    *(
        "imports",
        "exports",
        "recording",
        "absences",
        "job_runs",
        "ledger",
        "ledger_groups",
        "ledger_unworked",
        "ledger_errcodes",
    ),
    *("settings", "settings_wording", "settings_terms", "settings_schedule", "settings_dispatch"),
    *("settings_calendar", "settings_retention"),
    *("settings_open311", "handing_on"),
)

LARGEST_FORM = 6_000_000  # a sheet of the largest size with its form around it

log = structlog.get_logger(__name__)

Answer = Any


def load_pages() -> None:
    """Each module of a subject enters its pages into PAGES."""
    for subject in SUBJECTS:
        import_module(f"app.console.{subject}")


def add_console(
    app: Flask, database: Database, settings: Settings, clock: Callable[[], datetime] = now
) -> Office:
    """Mounts the console. The keys and the store are those of the whole web process."""
    load_pages()
    office = make_office(database, settings, clock)
    headers.set_cookies(app, settings)
    signing = LoginManager()
    signing.session_protection = None  # phones change their address between two clicks
    signing.user_loader(partial(staff_of, office))
    signing.init_app(app)
    # Only the console's forms: other doors have signatures and tokens of their own.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    app.register_blueprint(_blueprint(office, CSRFProtect(app)))
    return office


def _blueprint(office: Office, tokens: CSRFProtect) -> Blueprint:
    console = Blueprint(
        "console",
        __name__,
        url_prefix="/console",
        template_folder="templates",
        static_folder="static",
    )
    looks.serve(console)
    console.before_request(tokens.protect)
    console.after_request(headers.secure)
    for one in PAGES.values():
        console.add_url_rule(
            one.rule, one.name, partial(_answer, office, one), methods=[one.method]
        )
    _handle_refusals(console)
    console.context_processor(_shared)
    for name, words in template_words().items():
        console.add_app_template_filter(words, name)
    return console


def _answer(office: Office, page: Page, **given: Any) -> Answer:
    """The view, if who asks may open it."""
    staff: Staff | None = (
        current_user._get_current_object() if current_user.is_authenticated else None
    )
    g.desk = Desk(office, office.clock(), staff)
    if page.gate is Open.ANYBODY:
        return page.view(g.desk, **given)
    if staff is None:
        return _sent_to(url_for("console.sign_in", next=_path()))
    if page.gate is not Open.SIGNED_IN:
        if not staff.is_confirmed:
            return _sent_to(url_for("console.second_factor", next=_path()))
        if not page.gate & staff.roles:
            return say_status(403)
    return page.view(g.desk, **given)


def _sent_to(address: str) -> Answer:
    """htmx would put the sign-in page into a corner of the old one."""
    if "HX-Request" in request.headers:
        return Response(headers={"HX-Redirect": address})
    return redirect(address)


def _path() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None


def _handle_refusals(console: Blueprint) -> None:
    @console.errorhandler(DomainError)
    def refusal_of_domain(refusal: DomainError) -> Answer:
        return refused(refusal)

    @console.errorhandler(CSRFError)
    def stale_form(_: CSRFError) -> Answer:
        return render("status.html", status=400), 400

    @console.errorhandler(HTTPException)
    def of_http(refusal: HTTPException) -> Answer:
        return say_status(refusal.code or 500)

    @console.errorhandler(Exception)
    def unforeseen(failure: Exception) -> Answer:
        log.error("console_failed", route=request.endpoint, **fault(failure))
        # A full disk, a database that may only be read or is away: nothing of ours is wrong.
        return say_status(503 if isinstance(failure, BUSY) else 500)


def _shared() -> dict[str, Any]:
    desk: Desk | None = g.get("desk")
    staff = desk.signed_in if desk else None
    roles = staff.roles if staff and staff.is_confirmed else frozenset()
    name = (request.endpoint or "").removeprefix("console.")
    return {
        "desk": desk,
        "staff": staff,
        "may_open": partial(may_open, roles=roles),
        "may_take": partial(may_take, roles=roles),
        "name_of_page": name,
        "chapter": chapter_of(name),
        "token": token_field,
    }
