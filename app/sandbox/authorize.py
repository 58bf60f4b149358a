"""Web authorisation: the page that sends a person back with a code."""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request

from app.sandbox import login, people
from app.sandbox.page import PERSON_COOKIE
from app.sandbox.platform import here

authorize = Blueprint("authorize", __name__)

SCOPES = {"snsapi_base", "snsapi_userinfo"}


@authorize.get("/connect/oauth2/authorize")
def ask() -> Response:
    """Asks who is there and whether they agree; the silent scope goes straight back."""
    if wrong := _wrong_parameter():
        return make_response(render_template("authorize.html", wrong=wrong, people=[]), 400)
    chosen = request.args.get("openid")
    if not chosen and request.args["scope"] == "snsapi_base":
        chosen = request.cookies.get(PERSON_COOKIE)
    known = people.listed(here())
    if chosen in {person["openid"] for person in known}:
        return _send_back(str(chosen))
    return make_response(render_template("authorize.html", people=known, query=request.args))


def _wrong_parameter() -> str:
    """The name of the parameter that is not as it must be, empty when all are."""
    target = urlsplit(request.args.get("redirect_uri", ""))
    right = {
        "appid": request.args.get("appid") == here().options.app_id,
        "redirect_uri": target.scheme in ("http", "https") and bool(target.netloc),
        "response_type": request.args.get("response_type") == "code",
        "scope": request.args.get("scope") in SCOPES,
    }
    return next((name for name, holds in right.items() if not holds), "")


def _send_back(openid: str) -> Response:
    platform = here()
    with platform.store.writing() as db:
        code = login.issue_code(db, "web", openid, request.args["scope"], platform.now())
    target = urlsplit(request.args["redirect_uri"])
    more = urlencode({"code": code, "state": request.args.get("state", "")})
    query = f"{target.query}&{more}" if target.query else more
    return make_response(redirect(target._replace(query=query).geturl()))
