"""The page for whoever builds a mini-program: the calls of each screen, and their answers."""

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from flask import json, render_template

from app.api.documents import FORM, PREFIX, path_of
from app.api.routes import JPEG, ROUTES, Gate, Route
from config.policy import load

KEY = "0d4f2c6a-8b1e-4c57"
BOUNDARY = "----linli"
ANSWERS = Path(__file__).with_name("answers.json")


def add(api: APIFlask) -> None:
    @api.get("/docs/screens")
    @api.doc(hide=True)
    def screens() -> str:
        words = load("api")
        return render_template(
            "api/screens.html",
            screens=words["screen"],
            told=words["calls"],
            calls={one.name: one for one in ROUTES},
            path=path_of,
            request=_request,
            answer=_answer,
        )


@cache
def answers() -> dict[str, Any]:
    """What the tests were answered; they fail where it is something else by now."""
    found: dict[str, Any] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return found


def _answer(route: Route) -> str:
    lines = [f"HTTP/1.1 {route.status} {HTTPStatus(route.status).phrase}"]
    if route.gives is JPEG:
        lines += ["Content-Type: image/jpeg", "", "…"]
    elif route.gives is not None:
        body = json.dumps(answers()[route.name], ensure_ascii=False, indent=2)
        lines += ["Content-Type: application/json", "", body]
    return "\n".join(lines)


def _request(route: Route) -> str:
    """As it goes over the line."""
    lines = [f"{route.method} {PREFIX}{path_of(route)}"]
    if route.gate is not Gate.ANYBODY:
        lines.append("Authorization: Bearer …")
    if route.has_key:
        lines.append(f"Idempotency-Key: {KEY}")
    if route.takes_in == FORM:
        part = 'Content-Disposition: form-data; name="photo"; filename="photo.jpg"'
        lines += [f"Content-Type: multipart/form-data; boundary={BOUNDARY}", ""]
        lines += [f"--{BOUNDARY}", part, "", "…", f"--{BOUNDARY}--"]
    elif route.example:
        body = json.dumps(route.example, ensure_ascii=False, indent=2)
        lines += ["Content-Type: application/json", "", body]
    return "\n".join(lines)
