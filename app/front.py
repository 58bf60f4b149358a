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
SEGMENTS = frozenset({"console", "p", "open311", "dev", "metrics"})


class Front:
    """A push is answered a second sooner after a start than if the pages were made with it."""

    def __init__(
        self, application: WSGIApplication, make_site: Callable[[], WSGIApplication]
    ) -> None:
        self._application = application
        self._make_site = make_site
        self._site: WSGIApplication | None = None
        self._making = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        segment = environ["PATH_INFO"].lstrip("/").partition("/")[0]
        if segment not in SEGMENTS:
            return self._application(environ, start_response)
        STRANGERS.limit(environ)
        return self._made()(environ, start_response)

    def _made(self) -> WSGIApplication:
        with self._making:
            if self._site is None:
                self._site = self._make_site()
            return self._site


def site_of(settings: Settings, database: Database) -> Callable[[], WSGIApplication]:
    """Loads its modules when it is called, unless the server has done so before it forked."""
    return lambda: import_module(SITE).make_site(settings, database)
