"""Sends each request to the webhook's application or to the site, which begins when it is asked."""

import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.bodies import STRANGERS
from config.settings import Settings
from models.base import Database

SITE = "app.site"
# What the addresses of the site begin with.
SEGMENTS = frozenset({"console", "p", "api", "open311", "dev", "metrics"})


class Later:
    """An application that is made, once, when it is first asked."""

    def __init__(self, make: Callable[[], WSGIApplication]) -> None:
        self._make = make
        self._made: WSGIApplication | None = None
        self._making = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._making:
            if self._made is None:
                self._made = self._make()
        return self._made(environ, start_response)


class Front:
    """A push is answered a second sooner after a start than if the pages were made with it."""

    def __init__(
        self, application: WSGIApplication, make_site: Callable[[], WSGIApplication]
    ) -> None:
        self._application = application
        self._site = Later(make_site)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        segment = environ["PATH_INFO"].lstrip("/").partition("/")[0]
        if segment not in SEGMENTS:
            return self._application(environ, start_response)
        STRANGERS.limit(environ)
        return self._site(environ, start_response)


def site_of(settings: Settings, database: Database) -> Callable[[], WSGIApplication]:
    """Loads its modules when it is called, unless the server has done so before it forked."""
    return lambda: import_module(SITE).make_site(settings, database)
