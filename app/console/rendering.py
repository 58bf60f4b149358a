"""Words on the console's pages: templates, the filters they use, and what a refusal says."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.errors import STATUS
from bots import rendering
from models.errors import DomainError
from models.masking import masked

Page = tuple[str, int]


def render(template: str, **context: Any) -> str:
    return render_template(f"console/{template}", **context)


def template_words() -> Mapping[str, Callable[..., str]]:
    """The same words as in chat, so that staff read one name for one thing."""
    return {
        "moment": rendering.moment,
        "day": rendering.day,
        "short": rendering.short,
        "label": rendering.label,
        "kind": rendering.kind,
        "masked": masked,
    }


def token_field() -> Markup:
    """Stands in every form that changes something."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def say_status(status: int) -> Page:
    return render("status.html", status=status), status


def refused(refusal: DomainError) -> Page:
    status = status_of(refusal)
    return render("status.html", status=status, refusal=words_of(refusal)), status


def words_of(refusal: DomainError) -> str:
    """One sentence in Chinese: why it was not done."""
    words = render("refusals.txt", name=refusal.template, **refusal.context)
    return " ".join(words.split())


def status_of(refusal: DomainError) -> int:
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
