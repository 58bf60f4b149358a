"""What each answer of the console says to the browser beside its page."""

from flask import Flask, Response

from app.browser_headers import is_https
from config.settings import Settings

COOKIE = "linli_console"
CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def set_cookies(app: Flask, settings: Settings) -> None:
    """The cookie holds a token and nothing to read; scripts and other sites never get it."""
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_PATH="/console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https(settings),
    )


def secure(response: Response) -> Response:
    response.headers.update(ALWAYS)
    response.headers["Cache-Control"] = "no-store"
    return response
