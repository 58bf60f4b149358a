"""What each answer of the console says to the browser beside its page."""

from collections.abc import Callable

from flask import Flask, Response

from config.settings import Settings

COOKIE = "linli_console"
CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
A_YEAR = 31_536_000


def set_cookies(app: Flask, settings: Settings) -> None:
    """The cookie holds a token and nothing to read; scripts and other sites never get it."""
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_PATH="/console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=_is_https(settings),
    )


def secure(settings: Settings) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        response.headers.update(ALWAYS)
        response.headers["Cache-Control"] = "no-store"
        if _is_https(settings):
            response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        return response

    return add


def _is_https(settings: Settings) -> bool:
    return settings.base_url.startswith("https://")
