"""What the browser keeps of a resident's sign-in, and the token that their forms carry."""

import hashlib
import hmac

from flask import Response, current_app, request
from markupsafe import Markup

from config.settings import Settings
from models.resident_sessions import LIVES, Door, Tokens

COOKIE, PATH = "linli_page", "/p/my"
LARGE_COOKIE = "linli_large"
A_YEAR = 31_536_000


def is_https(settings: Settings) -> bool:
    return settings.base_url.startswith("https://")


def keep_sign_in(response: Response, tokens: Tokens, settings: Settings) -> None:
    """Scripts and other sites never get it."""
    response.set_cookie(
        COOKIE,
        tokens.access,
        max_age=LIVES[Door.PAGE].access,
        path=PATH,
        secure=is_https(settings),
        httponly=True,
        samesite="Lax",
    )


def drop_sign_in(response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH)


def form_token() -> str:
    """Of this sign-in alone; who can not read its pages can not know it."""
    key = str(current_app.secret_key).encode()
    said = b"form of " + request.cookies.get(COOKIE, "").encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def is_own_form() -> bool:
    """Whether the form came from a page of this sign-in."""
    return hmac.compare_digest(request.form.get("csrf_token", "").encode(), form_token().encode())


def token_field() -> Markup:
    """Stands in every form that changes something."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(form_token())
