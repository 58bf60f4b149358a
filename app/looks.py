"""Styles, scripts and pictures: kept for ever under an address that names their content."""

import gzip
import hashlib
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.utils import safe_join

VERSION = "v"
FOR_EVER = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"
# Pictures are small already.
PACKED = frozenset({"text/css", "text/javascript", "image/svg+xml"})

# A file as it is now: its path, when it was written and how long it is.
Kept = tuple[str, int, int]


def serve(blueprint: Blueprint) -> None:
    """Before its other headers are added: of what is done after a request, the first comes last."""
    blueprint.url_defaults(partial(_stamp, blueprint))
    blueprint.after_request(partial(_kept, blueprint))


def _stamp(blueprint: Blueprint, endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == f"{blueprint.name}.static" and (file := _file(blueprint, values["filename"])):
        values[VERSION] = _version(file)


def _kept(blueprint: Blueprint, response: Response) -> Response:
    """Under an address of another version it is asked for again: this server may be the older."""
    if request.endpoint != f"{blueprint.name}.static":
        return response
    file = _file(blueprint, (request.view_args or {})["filename"])
    is_this_one = file is not None and request.args.get(VERSION) == _version(file)
    response.headers["Cache-Control"] = FOR_EVER if is_this_one else ASKED_AGAIN
    return response if file is None else _as_small_as_taken(response, file)


def _as_small_as_taken(response: Response, file: Kept) -> Response:
    """Pages are left to the proxy: one that holds a secret beside what its reader wrote must vary
    in length with neither, and these hold nothing of anybody."""
    if response.mimetype not in PACKED:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and "gzip" in request.accept_encodings:
        response.close()
        response.direct_passthrough = False
        response.set_data(_packed(file))
        response.content_encoding = "gzip"
        response.set_etag(_version(file), weak=True)
        response.make_conditional(request)
    return response


def _file(blueprint: Blueprint, name: str) -> Kept | None:
    path = safe_join(str(blueprint.static_folder), name)
    if path is None or not Path(path).is_file():
        return None
    stat = Path(path).stat()
    return path, stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=256)
def _version(file: Kept) -> str:
    return hashlib.sha256(Path(file[0]).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=256)
def _packed(file: Kept) -> bytes:
    return gzip.compress(Path(file[0]).read_bytes(), mtime=0)
