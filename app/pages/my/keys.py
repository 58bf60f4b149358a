"""What the browser keeps of a resident's sign-in, and the token that their forms carry."""

import hashlib
import hmac
import secrets

from flask import Response, current_app, request
from markupsafe import Markup

from config.settings import Settings
from models.resident_sessions import LIVES, Door, Tokens

COOKIE, PATH = "linli_page", "/p/my"
# Of a browser that stands before an address from the chat, so that no other site sends its form.
DOOR_COOKIE, DOOR_PATH = "linli_door", f"{PATH}/in"
LARGE_COOKIE = "linli_large"
# Said with each answer: a phone forgets what it kept of the one before.
PERSON, NOBODY = "Linli-Person", "0"
A_YEAR = 31_536_000
SALT_BYTES = 8


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


def form_token(secret: str) -> str:
    """Of this cookie alone; who can not read its pages can not know it.

    No two are the same: the length of a page that travels packed would else tell of it.
    """
    salt = secrets.token_hex(SALT_BYTES)
    return salt + _seal(salt, secret)


def is_own_form(cookie: str = COOKIE) -> bool:
    """Whether the form came from a page that was shown to who has this cookie."""
    secret, given = request.cookies.get(cookie, ""), request.form.get("csrf_token", "")
    salt, seal = given[: 2 * SALT_BYTES], given[2 * SALT_BYTES :]
    return bool(secret) and hmac.compare_digest(seal.encode(), _seal(salt, secret).encode())


def token_field(secret: str | None = None) -> Markup:
    """Stands in every form that changes something."""
    token = form_token(request.cookies.get(COOKIE, "") if secret is None else secret)
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)


def _seal(salt: str, secret: str) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"form of {salt} {secret}".encode(), hashlib.sha256).hexdigest()
