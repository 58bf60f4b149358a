"""The web application over one store, as a server with a thread for each request has it."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from app import collector, health, house, logs
from app.errors import register_errors
from app.front import Front, site_of
from app.house import LiveLexicon, open_database
from app.logs import Numbers
from app.wechat.intake import Desk, Intake, intake_here
from app.wechat.keys import accounts_of
from app.wechat.limit import MinuteLimit
from app.wechat.webhook import PATH, Respond, as_wsgi
from bots import dialogue, handover
from bots.lexicon import Lexicon
from bots.message import IncomingMessage
from config.settings import Settings
from models.base import Database

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Prepare = Callable[[IncomingMessage], dialogue.Heard]


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """The site, health and the WeChat door, where each push holds a thread."""
    settings = settings or Settings()
    logs.configure(settings)
    database = database or open_database(settings)
    lexicon = LiveLexicon.load(database, settings)
    intake = intake_here(database, make_desk(settings), hears(lexicon.current))
    doors = {PATH: as_wsgi(make_door(settings, intake))}
    app = make_pages(settings, database, Numbers(settings.trusted_proxies), doors)
    collector.settle()
    return app


def make_pages(
    settings: Settings,
    database: Database,
    numbers: Numbers,
    doors: Mapping[str, "WSGIApplication"],
) -> Flask:
    """Health at once, the site when it is asked for, and other `doors` by where they stand."""
    app = Flask(__name__, static_folder=None)
    front = Front(app.wsgi_app, site_of(settings, database))
    app.wsgi_app = DispatcherMiddleware(front, doors)  # type: ignore[method-assign]
    app.wsgi_app = logs.Traced(app.wsgi_app, numbers)  # type: ignore[method-assign]
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.register_blueprint(health.make_health(database))
    register_errors(app)
    return app


def make_door(settings: Settings, intake: Intake) -> Respond:
    """The WeChat door."""
    # Loaded here, once the server has said where its processes count together.
    meters = import_module("app.meters")
    door: Respond = meters.metered(accounts_of(settings).get, intake)
    return door


def hears(lexicon: Callable[[], Lexicon]) -> Prepare:
    """Has messages understood in the words of the moment."""

    def hear(message: IncomingMessage) -> dialogue.Heard:
        return dialogue.hear(message, lexicon())

    return hear


def make_desk(settings: Settings) -> Desk:
    """What is done with a message inside the transaction."""
    return Desk(
        clock=house.now,
        answer=dialogue.answer,
        deliver_late=handover.deliver_late,
        on_failure=handover.on_failure,
        limit=MinuteLimit(settings.messages_per_minute),
    )
