"""Who is there: mini-program login, web authorisation, phone numbers, the page ticket."""

import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from app.sandbox import people
from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.platform import minute
from app.sandbox.refusals import Refused
from app.sandbox.store import count, keep_setting, setting
from app.sandbox.tokens import LIFE

FIVE_MINUTES = 300
THIRTY_DAYS = 30 * 24 * 3600
LOGINS_A_MINUTE = 100
TICKET_TYPES = {"jsapi", "wx_card"}


def issue_code(db: sqlite3.Connection, kind: str, openid: str, detail: str, at: float) -> str:
    """A code for one use within five minutes: kind `login`, `web` or `phone`."""
    code = secrets.token_urlsafe(24)
    db.execute(
        "INSERT INTO codes (code, kind, openid, detail, expires_at) VALUES (?, ?, ?, ?, ?)",
        (code, kind, openid, detail, at + FIVE_MINUTES),
    )
    return code


def _redeem(call: Call, kind: str, code: Any) -> sqlite3.Row:
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM codes WHERE code = ? AND kind = ?", (str(code), kind)
    ).fetchone()
    if row is None or row["expires_at"] <= call.at:
        raise Refused(40029, "invalid code")
    if row["used"]:
        raise Refused(40163, "code been used")
    call.db.execute("UPDATE codes SET used = 1 WHERE code = ?", (row["code"],))
    return row


def _check_app(call: Call, app_id: str) -> None:
    """Id and secret of one of the two accounts, in the query as these calls take them."""
    if call.args.get("appid") != app_id or not app_id:
        raise Refused(40013, "invalid appid")
    secret = call.platform.options.secret_of(app_id) or ""
    if not secrets.compare_digest(call.args.get("secret", "").encode(), secret.encode()):
        raise Refused(40125, "invalid appsecret")


@api("/sns/jscode2session", "GET", needs_token=False)
def mini_program_session(call: Call) -> Answer:
    _check_app(call, call.platform.options.mini_app_id)
    code = _redeem(call, "login", call.args.get("js_code"))
    person = people.find(call.db, code["openid"])
    if person["standing"] == "blocked":
        raise Refused(40226, "code blocked")
    if count(call.db, f"login {person['openid']}", minute(call.at)) > LOGINS_A_MINUTE:
        raise Refused(45011, "api minute-quota reach limit, must slower, retry next minute")
    call.db.execute(
        "UPDATE people SET mini_used_at = ? WHERE openid = ?", (call.at, person["openid"])
    )
    return {
        "session_key": secrets.token_urlsafe(18)[:22] + "==",
        "openid": person["mini_openid"],
        "unionid": person["unionid"],
    }


@api("/sns/oauth2/access_token", "GET", needs_token=False, per_minute=50_000)
def web_token(call: Call) -> Answer:
    _check_app(call, call.platform.options.app_id)
    code = _redeem(call, "web", call.args.get("code"))
    return _grant(call, code["openid"], code["detail"])


@api("/sns/oauth2/refresh_token", "GET", needs_token=False)
def refresh_web_token(call: Call) -> Answer:
    if call.args.get("appid") != call.platform.options.app_id:
        raise Refused(40013, "invalid appid")
    row = _granted(call, "refresh", call.args.get("refresh_token"), 40030)
    return _grant(call, row["openid"], row["scope"])


@api("/sns/userinfo", "GET", needs_token=False)
def web_user(call: Call) -> Answer:
    row = _granted(call, "access", call.args.get("access_token"), 40001)
    if row["openid"] != call.args.get("openid"):
        raise people.Unknown
    if row["scope"] != "snsapi_userinfo":
        raise Refused(48001, "api unauthorized")
    person = people.find(call.db, row["openid"])
    return {
        "openid": person["openid"],
        "nickname": person["name"],
        "sex": 0,
        "province": "",
        "city": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
        "unionid": person["unionid"],
    }


@api("/sns/auth", "GET", needs_token=False)
def web_token_is_good(call: Call) -> Answer:
    row = _granted(call, "access", call.args.get("access_token"), 40001)
    if row["openid"] != call.args.get("openid"):
        raise people.Unknown
    return OK


def _grant(call: Call, openid: str, scope: str) -> Answer:
    access, refresh = secrets.token_urlsafe(64), secrets.token_urlsafe(64)
    call.db.executemany(
        "INSERT INTO grants VALUES (?, ?, ?, ?, ?)",
        [
            (access, "access", openid, scope, call.at + LIFE),
            (refresh, "refresh", openid, scope, call.at + THIRTY_DAYS),
        ],
    )
    answer: dict[str, Any] = {
        "access_token": access,
        "expires_in": LIFE,
        "refresh_token": refresh,
        "openid": openid,
        "scope": scope,
    }
    if scope == "snsapi_userinfo":
        answer["unionid"] = people.find(call.db, openid)["unionid"]
    return answer


def _granted(call: Call, kind: str, token: str | None, errcode: int) -> Mapping[str, Any]:
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM grants WHERE token = ? AND kind = ?", (token or "", kind)
    ).fetchone()
    if row is None:
        raise Refused(errcode, f"invalid {kind}_token")
    if row["expires_at"] <= call.at:
        raise Refused(42001 if kind == "access" else 42002, f"{kind}_token expired")
    return dict(row)


@api("/wxa/business/getuserphonenumber")
def phone_number(call: Call) -> Answer:
    if not call.is_mini_program:
        raise Refused(48001, "api unauthorized: this call is the mini-program's")
    code = _redeem(call, "phone", call.body.get("code"))
    number = code["detail"]
    return OK | {
        "phone_info": {
            "phoneNumber": number,
            "purePhoneNumber": number,
            "countryCode": "86",
            "watermark": {"timestamp": int(call.at), "appid": call.app_id},
        }
    }


@api("/cgi-bin/ticket/getticket", "GET")
def page_ticket(call: Call) -> Answer:
    type_ = call.args.get("type", "")
    if type_ not in TICKET_TYPES:
        raise Refused(40097, "invalid args: type")
    kept = setting(call.db, f"ticket {type_}", {"ticket": "", "until": 0.0})
    if kept["until"] <= call.at:
        kept = {"ticket": secrets.token_urlsafe(64), "until": call.at + LIFE}
        keep_setting(call.db, f"ticket {type_}", kept)
    return OK | {"ticket": kept["ticket"], "expires_in": int(kept["until"] - call.at)}
