"""The application of /api/v1: every route of the table with what is around it."""

import hashlib
import re
from functools import partial, wraps
from importlib import import_module
from typing import Any

from apiflask import APIFlask
from flask import Response, g, json, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.api import documents, problems, screens
from app.api.limits import LARGEST_UPLOAD, make_limiter
from app.api.refusals import KeyMissing, NotSignedIn, NumberUnknown
from app.api.routes import ROUTES, Call, Gate, Kind, Route, Work
from app.api.schemas import LARGEST_NUMBER
from app.meters import meter_pages
from app.office import Office
from models import answered_requests, outside_systems, resident_sessions
from models.errors import DomainError, TooManyAttempts

NOUNS = (
    *("sessions", "me", "homes", "categories", "places", "photos", "tickets", "tasks", "calls"),
    *("notices", "directory", "messages", "privacy", "subscriptions", "hotline"),
)

LARGEST_BODY = 64 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
}
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
BEARER = "Bearer "


def load_routes() -> None:
    """Each module of a noun enters its routes into ROUTES."""
    for noun in NOUNS:
        import_module(f"app.api.{noun}")


def make_api(office: Office) -> APIFlask:
    load_routes()
    api = APIFlask(__name__, title="Linli", version="1", docs_path=None, static_folder="static")
    api.json.ensure_ascii = api.json.sort_keys = False  # type: ignore[attr-defined]
    api.config.update(documents.CONFIG, MAX_CONTENT_LENGTH=LARGEST_UPLOAD)
    meter_pages(api)
    api.before_request(partial(_begin, office))
    limiter = make_limiter(office.settings)
    limiter.init_app(api)
    for route in ROUTES:
        view = _guarded(route, documents.described(api, route, partial(_answer, office, route)))
        if route.limit:
            view = limiter.limit(route.limit)(view)
        api.add_url_rule(route.rule, f"api.{route.name}", view, methods=[route.method])
    problems.register(api)
    documents.add(api)
    screens.add(api)
    api.after_request(_secured)
    return api


def _begin(office: Office) -> None:
    """Who asks, before anything is counted against them. A system's calls are counted here, in no
    transaction: the count may be another host's."""
    given = request.headers.get("Authorization", "")
    token = given.removeprefix(BEARER) if given.startswith(BEARER) else ""
    now, holder, system = office.clock(), None, None
    if token:
        with office.database.reading() as session:
            holder = resident_sessions.holder_of(session, token, now)
            system = None if holder else outside_systems.holder_of(session, token, now)
    g.call = Call(office, now, holder, token, system)
    if system is not None and office.is_asked_too_often(system, now):
        raise TooManyAttempts
    if request.mimetype != "multipart/form-data":
        request.max_content_length = LARGEST_BODY


def _guarded(route: Route, view: Any) -> Any:
    """Who is not signed in learns nothing of what would fit."""

    @wraps(view)
    def guarded(**given: Any) -> Response:
        call: Call = g.call
        if route.gate is Gate.RESIDENT and call.holder is None:
            raise NotSignedIn
        if route.gate is Gate.SYSTEM and call.system is None:
            raise NotSignedIn
        answer: Response = view(**given)
        return answer

    return guarded


def _answer(office: Office, route: Route, **given: Any) -> Response:
    call: Call = g.call
    if any(isinstance(one, int) and one > LARGEST_NUMBER for one in given.values()):
        raise NumberUnknown
    asked = partial(route.view, call, **given)
    if route.has_key:
        return _once(call, route, _key(), asked)
    if route.kind is Kind.ASKS:
        return _response(route, _plain(asked()))
    begin = office.database.reading if route.kind is Kind.READS else office.database.writing
    work: Work = asked()
    with begin() as session:
        made = work(session)
    if isinstance(made, DomainError):
        raise made
    response = _response(route, _plain(made))
    if route.kind is Kind.READS:
        response.add_etag()
        response.make_conditional(request)
    return response


def _once(call: Call, route: Route, key: str, asked: Any) -> Response:
    """The work is done with the first request of this key; a repeat gets what that was answered."""
    fingerprint = _fingerprint()
    with call.office.database.reading() as session:
        known = answered_requests.answered(session, call.who.id, key, fingerprint)
    if known is not None:
        return _response(route, known, is_repeat=True)
    work: Work = asked()
    with call.office.database.writing() as session:
        made, is_repeat = _kept(session, call, key, fingerprint, work)
    return _response(route, made, is_repeat=is_repeat)


def _kept(session: Session, call: Call, key: str, fingerprint: str, work: Work) -> tuple[Any, bool]:
    request_kept = answered_requests.begin(session, call.who.id, key, fingerprint, call.now)
    if request_kept.body is not None:
        return request_kept.body, True
    made = _plain(work(session))
    request_kept.keep(made)
    return made, False


def _key() -> str:
    given = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(given):
        raise KeyMissing
    return given


def _fingerprint() -> str:
    """Of what is asked. Parts of a form count by what they hold, whatever stands between them."""
    told = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    for name, file in sorted(request.files.items()):
        told.update(name.encode() + file.stream.read())
        file.stream.seek(0)
    if not request.files:
        told.update(request.get_data())
    return told.hexdigest()


def _plain(made: BaseModel | Response | None) -> Any:
    """As JSON; a picture as it is."""
    return made.model_dump(mode="json") if isinstance(made, BaseModel) else made


def _response(route: Route, made: Any, *, is_repeat: bool = False) -> Response:
    if route.gives is None:
        return Response(status=204)
    if isinstance(made, Response):
        return made
    response = Response(json.dumps(made), route.status, content_type="application/json")
    if is_repeat:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _secured(response: Response) -> Response:
    response.headers.update(HEADERS)
    # Kept by the phone alone, and looked after each time by its ETag.
    kept = "private, no-cache" if "ETag" in response.headers else "no-store"
    response.headers.setdefault("Cache-Control", kept)
    return response
