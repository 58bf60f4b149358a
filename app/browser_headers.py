"""What every answer of the site says to a browser, by whichever door it goes out."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from config.settings import Settings

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
A_YEAR = 31_536_000
ONLY_HTTPS = {"Strict-Transport-Security": f"max-age={A_YEAR}"}


def is_https(settings: Settings) -> bool:
    return settings.base_url.startswith("https://")


class Secured:
    """Adds what a door has not said itself."""

    def __init__(self, application: WSGIApplication, settings: Settings) -> None:
        self._application = application
        self._headers = ALWAYS | (ONLY_HTTPS if is_https(settings) else {})

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said = {name.lower() for name, _ in headers}
            added = [one for one in self._headers.items() if one[0].lower() not in said]
            return start_response(status, headers + added, *more)

        return self._application(environ, started)
