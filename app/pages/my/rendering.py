"""Words on the resident's pages: templates, filters, and what a refusal says."""

from typing import Any
from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for

from app.errors import STATUS
from models.errors import DomainError, NotAllowed

Answer = Any
LARGEST_ID = 2**31 - 1


def render(template: str, **context: Any) -> str:
    return render_template(f"pages/my/{template}", **context)


def refused(refusal: DomainError) -> Answer:
    """What somebody may not see does not exist for them."""
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    if isinstance(refusal, NotAllowed):
        status = 404
    return say_status(status, refusal.template)


def is_by_script() -> bool:
    """Whether a script asks, which shows no page."""
    return request.headers.get("Accept") == "application/json"


def say_status(status: int, refusal: str = "") -> Answer:
    return render("status.html", status=status, refusal=refusal), status


def back_to(name: str, done: str, **given: Any) -> Answer:
    """The page that shows what was done; loading it again does nothing a second time."""
    return redirect(url_for(f"my.{name}", done=done, **given))


def page_before() -> int | None:
    """Where a list goes on; a number that no row can have is none."""
    before = request.args.get("before", type=int)
    return before if before is not None and abs(before) <= LARGEST_ID else None


def inside(address: str | None) -> str:
    """Where to go on: one of these pages, whatever the address asks for."""
    home = url_for("my.home")
    parts = urlsplit(address or "")
    is_ours = not (parts.scheme or parts.netloc) and parts.path.startswith(home)
    return address if address and is_ours and "\\" not in address else home
