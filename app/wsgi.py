"""The web process: the WeChat door and health at once, the site when it is asked for."""

from importlib import import_module

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from app import collector, health, house, logs
from app.errors import register_errors
from app.front import Front, site_of
from app.house import LiveLexicon, open_database
from app.wechat.intake import Desk, Intake, write_here
from app.wechat.keys import accounts_of
from app.wechat.limit import MinuteLimit
from app.wechat.webhook import PATH
from app.wechat.writer import WriterClient
from bots import dialogue, handover
from bots.message import IncomingMessage
from config.settings import Settings
from models.base import Database


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """The whole web application over one store."""
    settings = settings or Settings()
    logs.configure(settings)
    database = database or open_database(settings)
    lexicon = LiveLexicon.load(database, settings)
    app = Flask(__name__, static_folder=None)
    # Loaded here, once the server has said where its processes count together.
    meters = import_module("app.meters")
    webhook = meters.metered(accounts_of(settings).get, _intake(database, lexicon, settings))
    front = Front(app.wsgi_app, site_of(settings, database))
    app.wsgi_app = DispatcherMiddleware(front, {PATH: webhook})  # type: ignore[method-assign]
    app.wsgi_app = logs.Traced(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.register_blueprint(health.make_health(database))
    register_errors(app)
    collector.settle()
    return app


def _intake(database: Database, lexicon: LiveLexicon, settings: Settings) -> Intake:
    def hear(message: IncomingMessage) -> dialogue.Heard:
        return dialogue.hear(message, lexicon.current())

    desk = make_desk(settings)
    write = write_here(database, desk)
    if settings.writer:
        write = WriterClient(settings.writer, write).write
    return Intake(database, desk, hear, write)


def make_desk(settings: Settings) -> Desk:
    """What is done with a message inside the transaction."""
    return Desk(
        clock=house.now,
        answer=dialogue.answer,
        deliver_late=handover.deliver_late,
        on_failure=handover.on_failure,
        limit=MinuteLimit(settings.messages_per_minute),
    )
