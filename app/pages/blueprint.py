"""The public pages put together: their routes, their headers, and a page for what is not there."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.exceptions import NotFound

from app import looks
from app.house import now
from app.pages import following, legacy, notices, projects
from bots import rendering
from config.settings import Settings, public_link
from models.base import Database

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
FRESH_SECONDS = 60

Page = tuple[str, int]


def make_pages(
    database: Database, clock: Callable[[], datetime] = now, settings: Settings | None = None
) -> Blueprint:
    """Pages that only read; each in one short transaction. Photos lie where the settings say."""
    pages = Blueprint(
        "pages",
        __name__,
        url_prefix="/p",
        template_folder="templates",
        static_folder="static",
    )
    looks.serve(pages)
    notices.add_routes(pages, database, clock)
    legacy.add_routes(pages, database, clock)
    folder = (settings or Settings()).data_dir / "media"
    projects.add_routes(pages, database, clock, folder)
    following.add_routes(pages, database, clock)
    pages.add_url_rule("/", "beginning", lambda: redirect("/p/my/"))
    pages.add_url_rule("/<path:_>", "elsewhere", _missing)
    pages.register_error_handler(404, _missing)
    pages.after_request(_secured)
    pages.context_processor(_words)
    return pages


def _missing(_: NotFound | str | None = None) -> Page:
    return render_template("pages/missing.html"), 404


def _secured(response: Response) -> Response:
    response.headers.update(HEADERS)
    is_page = response.status_code == 200 and response.mimetype == "text/html"
    if is_page:
        response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    return response


def _words() -> dict[str, Any]:
    """Moments and labels are worded as they are in chat; the card is what a shared link shows."""
    return {
        "day": rendering.day,
        "moment": rendering.moment,
        "local": rendering.local,
        "label": rendering.label,
        "card": public_link(url_for("pages.static", filename="card.png")),
    }
