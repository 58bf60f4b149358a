"""Temporary media: upload, download, the picture addresses inside pushes."""

import secrets
import sqlite3
from typing import Any

from flask import Response

from app.sandbox.gate import Answer, Call, api
from app.sandbox.refusals import Refused

THREE_DAYS = 3 * 24 * 3600
MEGABYTE = 1 << 20
LONGEST = {
    "image": 10 * MEGABYTE,
    "voice": 2 * MEGABYTE,
    "video": 10 * MEGABYTE,
    "thumb": 64 * 1024,
}
OPENINGS = {
    "image": {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"BM": "image/bmp"},
    "voice": {b"#!AMR": "audio/amr", b"ID3": "audio/mp3", b"\xff\xfb": "audio/mp3"},
    "video": {},
    "thumb": {b"\xff\xd8\xff": "image/jpeg"},
}


@api("/cgi-bin/media/upload", daily=100_000)
def upload(call: Call) -> Answer:
    type_ = call.args.get("type", "")
    if type_ not in LONGEST:
        raise Refused(40004, "invalid media type")
    file = call.files.get("media")
    content = file.read() if file else b""
    if file is None or not content:
        raise Refused(41005, "media data missing")
    if len(content) > LONGEST[type_]:
        raise Refused(45001, "media size out of limit")
    mime = mime_of(type_, content)
    if mime is None:
        raise Refused(40005, "invalid file type")
    media_id = keep(call.db, type_, mime, content, call.at, file.filename or "")
    id_name = "thumb_media_id" if type_ == "thumb" else "media_id"
    return {"type": type_, id_name: media_id, "created_at": int(call.at)}


@api("/cgi-bin/media/get", "GET", daily=200_000)
def get(call: Call) -> Answer:
    row = require(call, call.args.get("media_id", ""))
    if row["type"] == "video":
        return {"video_url": f"{call.host}/mmbiz/{row['media_id']}"}
    return as_response(row)


def as_response(row: dict[str, Any]) -> Response:
    response = Response(row["content"], content_type=row["mime"])
    response.headers["Content-Disposition"] = f'attachment; filename="{row["media_id"][:16]}"'
    return response


def require(call: Call, media_id: str) -> dict[str, Any]:
    row = call.db.execute(
        "SELECT * FROM media WHERE media_id = ? AND expires_at > ?", (media_id, call.at)
    ).fetchone()
    if row is None:
        raise Refused(40007, "invalid media_id")
    return dict(row)


def keep(
    db: sqlite3.Connection, type_: str, mime: str, content: bytes, at: float, name: str = ""
) -> str:
    """Keeps a medium for three days."""
    media_id = secrets.token_urlsafe(48)
    db.execute(
        "INSERT INTO media VALUES (?, ?, ?, ?, ?, ?)",
        (media_id, type_, mime, name, content, at + THREE_DAYS),
    )
    return media_id


def mime_of(type_: str, content: bytes) -> str | None:
    """The content type by the file's own opening bytes; None when it is of another kind."""
    if type_ == "video":
        return "video/mp4" if content[4:8] == b"ftyp" else None
    return next(
        (mime for opening, mime in OPENINGS[type_].items() if content.startswith(opening)), None
    )
