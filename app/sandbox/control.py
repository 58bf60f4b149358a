"""The sandbox's own JSON interface under /sandbox/: people, faults, clock, mode, records."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, get_args

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, NotFound

from app.sandbox import (
    actions,
    consents,
    group_robots,
    login,
    menus,
    mini_program,
    people,
    product,
    push,
    received,
    templated,
)
from app.sandbox.faults import UnknownFault
from app.sandbox.options import Mode
from app.sandbox.platform import here

control = Blueprint("control", __name__, url_prefix="/sandbox")

RECORDS_AT_ONCE = 200

Action = Callable[[str, Mapping[str, Any]], Any]


def _photo(openid: str, given: Mapping[str, Any]) -> Any:
    try:
        content = base64.b64decode(given["content"], validate=True)
    except (binascii.Error, TypeError) as error:
        raise BadRequest("content is base64 of a picture") from error
    return actions.photo(here(), openid, content, request.host_url.rstrip("/"))


def _code(kind: str, openid: str, detail: str) -> dict[str, str]:
    platform = here()
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        code = login.issue_code(db, kind, person["openid"], detail, platform.now())
    return {"code": code}


ACTIONS: dict[str, Action] = {
    "say": lambda who, a: actions.say(here(), who, str(a["text"]), str(a.get("menu_id") or "")),
    "photo": _photo,
    "voice": lambda who, a: actions.voice(here(), who, a.get("recognition")),
    "location": lambda who, a: actions.location(
        here(), who, float(a["latitude"]), float(a["longitude"]), str(a.get("label", ""))
    ),
    "link": lambda who, a: actions.link(
        here(), who, str(a["title"]), str(a.get("description", "")), str(a["url"])
    ),
    "click": lambda who, a: actions.click(here(), who, str(a["key"])),
    "view": lambda who, a: actions.view(here(), who, str(a["url"])),
    "scancode": lambda who, a: actions.scan_by_menu(
        here(), who, str(a["key"]), str(a["kind"]), str(a["result"])
    ),
    "subscribe": lambda who, a: actions.subscribe(here(), who, a.get("scene")),
    "unsubscribe": lambda who, a: actions.unsubscribe(here(), who),
    "scan": lambda who, a: actions.scan(here(), who, str(a["scene"])),
    "consent": lambda who, a: consents.answer_popup(
        here(), who, a["answers"], int(a.get("number", consents.ONE_TIME))
    ),
    "turn-off": lambda who, a: consents.turn_off(here(), who, str(a["template_id"])),
    "visit-mini-program": lambda who, a: mini_program.visit(here(), who),
    "enter-mini-service": lambda who, a: mini_program.enter_service(
        here(), who, str(a.get("session_from", ""))
    ),
    "say-in-mini-program": lambda who, a: mini_program.say(here(), who, str(a["text"])),
    "consent-in-mini-program": lambda who, a: mini_program.answer_popup(
        here(), who, a["answers"], int(a.get("number", consents.ONE_TIME))
    ),
    "login-code": lambda who, a: _code("login", who, ""),
    "phone-code": lambda who, a: _code("phone", who, str(a["phone"])),
    "message": lambda who, a: actions.message_of(here(), who, str(a["type"]), a["fields"]),
    "event": lambda who, a: actions.event(here(), who, str(a["name"]), a["fields"]),
}


@control.get("/people")
def everyone() -> Response:
    people.learn_if_possible(here())
    return jsonify(people.listed(here()))


@control.post("/people")
def newcomer() -> Response:
    """Someone with a fresh openid, not yet a follower."""
    with here().store.writing() as db:
        person = people.newcomer(here(), db, str(_given().get("name") or ""))
    return jsonify({"openid": person["openid"], "name": person["name"]})


@control.post("/people/<openid>/<action>")
def act(openid: str, action: str) -> Response:
    if action not in ACTIONS:
        raise NotFound(f"no action {action}")
    try:
        outcome = ACTIONS[action](openid, _given())
    except (KeyError, ValueError, TypeError) as error:
        raise BadRequest(f"{action}: {error}") from error
    return jsonify(asdict(outcome) if isinstance(outcome, push.Outcome) else outcome or {})


@control.get("/people/<openid>/chat")
def chat(openid: str) -> Response:
    return jsonify(received.chat(here().store, _key(openid), _after()))


@control.get("/people/<openid>/menu")
def menu(openid: str) -> Response:
    return jsonify(menus.seen_by(here(), _key(openid)))


@control.post("/people/<openid>/read")
def read(openid: str) -> Response:
    with here().store.writing() as db:
        received.mark_read(db, openid, int(_number("up_to")))
    return jsonify({})


@control.post("/people/<openid>/standing")
def standing(openid: str) -> Response:
    """Blocked by the account, refusing messages, limited, or in good standing (empty)."""
    value = str(_given().get("standing", ""))
    if value not in ("", "blocked", "refuses", "limited"):
        raise BadRequest("standing is blocked, refuses, limited or empty")
    with here().store.writing() as db:
        person = people.meet(here(), db, openid)
        db.execute("UPDATE people SET standing = ? WHERE openid = ?", (value, person["openid"]))
    return jsonify({})


@control.post("/templates")
def add_template() -> Response:
    """One more template for one of the accounts: template_id, title, fields."""
    given = _given()
    app_id = str(given.get("app_id") or here().options.app_id)
    with here().store.writing() as db:
        templated.own(
            db, app_id, str(given["template_id"]), str(given["title"]), list(given["fields"])
        )
    return jsonify({})


@control.get("/groups")
def groups() -> Response:
    """What group robots have posted, the latest last."""
    return jsonify(group_robots.posted(here().store))


@control.get("/calls")
def calls() -> Response:
    return jsonify(_records("calls", ("body",)))


@control.get("/pushes")
def pushes() -> Response:
    return jsonify(_records("pushes", ("fields", "attempts")))


@control.get("/faults")
def faults() -> Response:
    return jsonify(here().faults.in_force())


@control.post("/faults")
def add_fault() -> Response:
    try:
        return jsonify(here().faults.add(**_given()).as_dict())
    except (UnknownFault, TypeError) as error:
        raise BadRequest(f"fault: {error}") from error


@control.delete("/faults")
def clear_faults() -> Response:
    here().faults.clear(request.args.get("id", type=int))
    return jsonify({})


@control.post("/clock")
def clock() -> Response:
    return jsonify({"now": here().advance(_number("advance"))})


@control.post("/mode")
def mode() -> Response:
    wanted: Mode = _given()["mode"]
    if wanted not in get_args(Mode):
        raise BadRequest("mode is plain, compatible or secure")
    try:
        here().use_mode(wanted)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return jsonify({"mode": wanted})


@control.post("/target")
def target() -> Response:
    given = _given()
    here().push_to(
        str(given["push_url"]), str(given.get("web_url", "")), str(given.get("mini_push_url", ""))
    )
    return jsonify({})


@control.post("/handshake")
def handshake() -> Response:
    echo = str(_given().get("echo", "5837397576500011341"))
    attempt = push.greet(here(), here().official, echo)
    return jsonify(attempt.as_dict() | {"accepted": attempt.body == echo.encode()})


@control.get("/scenes")
def scenes() -> Response:
    return jsonify(product.scenes(here().options.web_url))


@control.get("/jobs")
def jobs() -> Response:
    return jsonify(product.jobs(here().options.web_url))


@control.post("/jobs/<name>")
def fire(name: str) -> Response:
    return jsonify(product.fire(here().options.web_url, name, _given().get("at")))


@control.errorhandler(KeyError)
def missing(error: KeyError) -> tuple[Response, int]:
    return jsonify({"error": f"{error.args[0]} is missing"}), 400


@control.errorhandler(BadRequest)
@control.errorhandler(NotFound)
def refused(error: BadRequest | NotFound) -> tuple[Response, int]:
    return jsonify({"error": error.description}), error.code


@control.errorhandler(people.Unknown)
def unknown(_: people.Unknown) -> tuple[Response, int]:
    return jsonify({"error": "nobody here has this openid"}), 404


def _given() -> dict[str, Any]:
    given = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(given, dict):
        raise BadRequest("the body is a JSON object")
    try:
        json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadRequest("the text holds lone surrogates") from error
    return given


def _number(name: str) -> float:
    value = _given().get(name, 0)
    if not isinstance(value, int | float):
        raise BadRequest(f"{name} is a number")
    return value


def _after() -> int:
    return request.args.get("after", 0, type=int)


def _key(openid: str) -> str:
    with here().store.writing() as db:
        return str(people.find(db, openid)["openid"])


def _records(table: str, encoded: tuple[str, ...]) -> list[dict[str, Any]]:
    """The oldest records after `after`, or the latest when nobody says where to begin."""
    sql = f"SELECT * FROM {table} WHERE id > ? ORDER BY id LIMIT ?"
    if "after" not in request.args:
        sql = (
            f"SELECT * FROM (SELECT * FROM {table} WHERE id > ? ORDER BY id DESC LIMIT ?)"
            " ORDER BY id"
        )
    rows = here().store.rows(sql, _after(), RECORDS_AT_ONCE)
    return [_decoded(row, encoded) for row in rows]


def _decoded(row: dict[str, Any], encoded: tuple[str, ...]) -> dict[str, Any]:
    for name in encoded:
        try:
            row[name] = json.loads(row[name])
        except ValueError:  # a long body is cut where it is logged
            row[name] = {"cut": row[name]}
    return row
