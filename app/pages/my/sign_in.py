"""How a resident comes in: by WeChat's web authorisation, or by an address from the chat."""

import hmac
import secrets
from functools import partial

import structlog
from flask import Response, make_response, redirect, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.pages.my.access import Gate, page
from app.pages.my.keys import (
    DOOR_COOKIE,
    DOOR_PATH,
    drop_sign_in,
    is_https,
    is_own_form,
    keep_sign_in,
    token_field,
)
from app.pages.my.rendering import Answer, inside, render
from app.pages.my.visit import Visit
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wire import NotReached, Unanswered
from models import page_links, resident_sessions, union
from models.accounts import MAIN
from models.resident_sessions import Door, Tokens
from models.speakers import speaker

NOT_LET_IN = (ApiRefused, ApiStopped, CredentialsMissing, NotReached, Unanswered)
STATE, STATE_PATH = "linli_state", "/p/my/sign-in"
DOOR_SECONDS = 600  # before one who comes in has to begin anew

log = structlog.get_logger(__name__)


@page("/sign-in", gate=Gate.ANYBODY)
def sign_in(visit: Visit) -> Answer:
    """Inside WeChat nobody has to tap: its silent authorisation asks nothing."""
    if visit.speaker is not None:
        return redirect(inside(request.args.get("next")))
    if "MicroMessenger" in request.user_agent.string and "by-hand" not in request.args:
        return redirect(url_for("my.sign_in_wechat", next=request.args.get("next")))
    return render("sign_in.html", next=request.args.get("next"), problem=None)


@page("/sign-in/wechat", gate=Gate.ANYBODY)
def sign_in_wechat(visit: Visit) -> Answer:
    """The state comes back only to the browser that holds its cookie."""
    state = secrets.token_urlsafe(24)
    settings = visit.office.settings
    back = f"{settings.base_url}{url_for('my.sign_in_back')}"
    try:
        response = redirect(visit.office.client.oauth_authorize_url(MAIN, back, state))
    except CredentialsMissing:
        return _turned_away()
    sealed = str(_states(visit).dumps([state, inside(request.args.get("next"))]))
    _keep_at_the_door(response, visit, STATE, sealed, STATE_PATH)
    return response


@page("/sign-in/back", gate=Gate.ANYBODY)
def sign_in_back(visit: Visit) -> Answer:
    try:
        state, on = _states(visit).loads(request.cookies.get(STATE, ""), DOOR_SECONDS)
    except BadSignature:
        return _turned_away()
    code, given = request.args.get("code", ""), request.args.get("state", "")
    if not code or not hmac.compare_digest(state.encode(), given.encode()):
        return _turned_away()
    try:
        known = visit.office.client.oauth_access_token(MAIN, code)
    except NOT_LET_IN as failure:
        log.warning("page_sign_in_refused", kind=type(failure).__name__)
        return _turned_away()
    with visit.writing() as session:
        identity_id = speaker(session, MAIN, known["openid"], visit.now).identity_id
        if known.get("unionid"):
            union.learn(session, identity_id, known["unionid"], visit.now)
        tokens = _let_in(session, identity_id, visit)
    return _come_in(visit, tokens, on)


@page("/in/<token>", gate=Gate.ANYBODY)
def link(visit: Visit, token: str) -> Answer:
    """Taken by a tap alone: what looks at addresses beforehand must not use it up."""
    return _link(visit, token)


@page("/in/<token>", "POST", gate=Gate.ANYBODY)
def link_taken(visit: Visit, token: str) -> Answer:
    """By a tap in this browser: another site's form would let its reader in as somebody else."""
    if not is_own_form(DOOR_COOKIE):
        return _link(visit, token, status=400)
    with visit.writing() as session:
        identity_id = page_links.take(session, token, visit.now)
        tokens = _let_in(session, identity_id, visit) if identity_id else None
    if tokens is None:
        return _link(visit, token)
    return _come_in(visit, tokens, url_for("my.home"))


@page("/sign-out", "POST")
def sign_out(visit: Visit) -> Answer:
    with visit.writing() as session:
        resident_sessions.revoke(session, visit.token, visit.now)
    response = redirect(url_for("my.sign_in", **{"by-hand": 1}))
    drop_sign_in(response)
    return response


def _link(visit: Visit, token: str, status: int = 200) -> Answer:
    """The page with the one button, for this browser."""
    with visit.reading() as session:
        is_open = page_links.is_open(session, token, visit.now)
    secret = request.cookies.get(DOOR_COOKIE) or secrets.token_urlsafe(24)
    page = render(
        "link.html", is_open=is_open, is_again=status != 200, token=partial(token_field, secret)
    )
    response = make_response(page, status if is_open else 404)
    _keep_at_the_door(response, visit, DOOR_COOKIE, secret, DOOR_PATH)
    return response


def _keep_at_the_door(response: Response, visit: Visit, name: str, value: str, path: str) -> None:
    """Lax: the platform's page and the chat lead here from elsewhere; no other site can post it."""
    response.set_cookie(
        name,
        value,
        max_age=DOOR_SECONDS,
        path=path,
        secure=is_https(visit.office.settings),
        httponly=True,
        samesite="Lax",
    )


def _let_in(session: Session, identity_id: int, visit: Visit) -> Tokens:
    return resident_sessions.open_session(session, identity_id, Door.PAGE, visit.now)


def _come_in(visit: Visit, tokens: Tokens, on: str) -> Response:
    response = make_response(redirect(on))
    response.delete_cookie(STATE, path=STATE_PATH)
    keep_sign_in(response, tokens, visit.office.settings)
    return response


def _turned_away() -> Answer:
    return render("sign_in.html", next=None, problem=True), 403


def _states(visit: Visit) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(visit.office.settings.secret_key, salt="page sign-in")
