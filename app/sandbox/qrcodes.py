"""QR codes with a scene: making a ticket, and its picture."""

import io
import secrets
from collections.abc import Mapping
from typing import Any

import segno
from flask import Response

from app.sandbox.gate import Answer, Call, api
from app.sandbox.refusals import Refused

LONGEST_LIFE = 2_592_000
DEFAULT_LIFE = 60
LONGEST_SCENE = 64
HIGHEST_LIMIT_SCENE = 100_000
HIGHEST_SCENE = 2**32 - 1
TEMPORARY = {"QR_SCENE", "QR_STR_SCENE"}
LASTING = {"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}


@api("/cgi-bin/qrcode/create", daily=100_000, daily_of_test_account=10_000)
def create(call: Call) -> Answer:
    action = call.body.get("action_name")
    if action not in TEMPORARY | LASTING:
        raise Refused(40052, "invalid action name")
    scene = _scene(str(action), call.body.get("action_info"))
    life = _life(call) if action in TEMPORARY else None
    ticket = "gQ" + secrets.token_urlsafe(66)
    url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"
    call.db.execute(
        "INSERT INTO qrcodes VALUES (?, ?, ?, ?)",
        (ticket, scene, url, None if life is None else call.at + life),
    )
    expiry = {} if life is None else {"expire_seconds": life}
    return {"ticket": ticket, **expiry, "url": url}


@api("/cgi-bin/showqrcode", "GET", needs_token=False)
def show(call: Call) -> Answer:
    row = call.db.execute(
        "SELECT url FROM qrcodes WHERE ticket = ? AND (expires_at IS NULL OR expires_at > ?)",
        (call.args.get("ticket", ""), call.at),
    ).fetchone()
    if row is None:
        return Response(status=404)
    picture = io.BytesIO()
    segno.make(row["url"], error="m").save(picture, kind="png", scale=8, border=4)
    return Response(picture.getvalue(), content_type="image/png")


def _scene(action: str, info: Any) -> str:
    scene = info.get("scene") if isinstance(info, Mapping) else None
    if not isinstance(scene, Mapping):
        raise Refused(40053, "invalid action info")
    if "STR" in action:
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 1 <= len(text) <= LONGEST_SCENE:
            raise Refused(40053, "invalid action info: scene_str")
        return text
    number = scene.get("scene_id")
    highest = HIGHEST_LIMIT_SCENE if action in LASTING else HIGHEST_SCENE
    if not isinstance(number, int) or not 1 <= number <= highest:
        raise Refused(40053, "invalid action info: scene_id")
    return str(number)


def _life(call: Call) -> int:
    life = call.body.get("expire_seconds", DEFAULT_LIFE)
    if not isinstance(life, int) or not 1 <= life <= LONGEST_LIFE:
        raise Refused(40053, "invalid action info: expire_seconds")
    return life
