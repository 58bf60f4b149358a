"""The chat page: a phone-like WeChat for one person, and a panel of what goes on behind it."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import NotFound

from app.sandbox import media, menus, people, product, received
from app.sandbox.bubbles import bubble
from app.sandbox.labels import LABELS
from app.sandbox.platform import SHANGHAI, here

page = Blueprint("page", __name__)

PERSON_COOKIE = "sandbox_person"
SHOWN_AT_ONCE = 60
ROLES = (
    "resident",
    "building_head",
    "grid_worker",
    "grid_leader",
    "property_staff",
    "community_staff",
    "duty_desk",
    "department_liaison",
)
RECORDS_SHOWN = 30


@page.get("/")
def chat() -> Response:
    people.learn_if_possible(here())
    known = in_order(people.listed(here()))
    person = _chosen(known)
    messages = received.chat(here().store, person["openid"])[-SHOWN_AT_ONCE:] if person else []
    html = render_template(
        "chat.html",
        account=LABELS["official_account"],
        people=known,
        person=person,
        menu=menus.seen_by(here(), person["openid"]) if person else [],
        bubbles=[bubble(row) for row in messages],
        last_id=messages[-1]["id"] if messages else 0,
        jobs=product.jobs(here().options.web_url),
        scenes=product.scenes(here().options.web_url),
        templates=here().store.rows("SELECT DISTINCT template_id, title FROM templates"),
        **_behind(),
    )
    response = make_response(html)
    if person:
        response.set_cookie(PERSON_COOKIE, person["openid"], samesite="Lax")
    return response


@page.get("/changes")
def changes() -> Response:
    """What is new for the page of one person, drawn."""
    openid, after = request.args.get("who", ""), request.args.get("after", 0, type=int)
    rows = received.chat(here().store, openid, after)
    drawn = "".join(render_template("bubble.html", b=bubble(row)) for row in rows)
    if rows:
        with here().store.writing() as db:
            received.mark_read(db, openid, rows[-1]["id"])
    known = people.listed(here())
    return jsonify(
        html=drawn,
        last_id=rows[-1]["id"] if rows else after,
        unread={person["openid"]: person["unread"] for person in known},
        behind=render_template("records.html", **_behind()),
        typing=_is_typing(openid),
        menu=render_template("menu.html", menu=menus.seen_by(here(), openid)),
    )


@page.get("/mmbiz/<media_id>")
def picture(media_id: str) -> Response:
    """The address in a push's PicUrl; anyone who has it may look, as on the real platform."""
    rows = here().store.rows("SELECT * FROM media WHERE media_id = ?", media_id)
    if not rows:
        raise NotFound
    response = media.as_response(rows[0])
    response.headers["Content-Disposition"] = "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def in_order(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who was active last comes first; among the silent, one of each role before the second."""
    seen: Counter[str] = Counter()
    ranks: dict[str, tuple[int, int, int]] = {}
    for person in known:
        role = person["role"]
        place = ROLES.index(role) if role in ROLES else len(ROLES)
        ranks[person["openid"]] = (-person["last_id"], seen[role], place)
        seen[role] += 1
    return sorted(known, key=lambda person: ranks[person["openid"]])


def _chosen(known: list[dict[str, Any]]) -> dict[str, Any] | None:
    wanted = request.args.get("who") or request.cookies.get(PERSON_COOKIE)
    found = [person for person in known if person["openid"] == wanted]
    return next(iter(found or known), None)


def _is_typing(openid: str) -> bool:
    rows = here().store.rows("SELECT typing_until FROM people WHERE openid = ?", openid)
    return bool(rows) and rows[0]["typing_until"] > here().now()


def _behind() -> dict[str, Any]:
    """What goes on behind the chat: pushes, calls, faults, the state of the platform."""
    latest = "SELECT * FROM {} ORDER BY id DESC LIMIT ?"
    return {
        "pushes": [
            push | {"attempts": json.loads(push["attempts"])}
            for push in _timed(here().store.rows(latest.format("pushes"), RECORDS_SHOWN))
        ],
        "calls": _timed(here().store.rows(latest.format("calls"), RECORDS_SHOWN)),
        "faults": here().faults.in_force(),
        "mode": here().mode,
        "now": datetime.fromtimestamp(here().now(), SHANGHAI).strftime("%Y-%m-%d %H:%M"),
    }


def _timed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        row["time"] = datetime.fromtimestamp(row["at"], SHANGHAI).strftime("%H:%M:%S")
    return rows
