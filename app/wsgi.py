"""What a process serves: pages, and the desk that takes what is said to it."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import health, house, logs
from app.errors import register_errors
from app.front import Front, site_of
from app.logs import Numbers
from app.wechat.intake import Desk
from app.wechat.limit import MinuteLimit
from bots import dialogue, handover
from config.settings import Settings
from models.base import Database


def make_pages(settings: Settings, database: Database, numbers: Numbers) -> Flask:
    """Health at once, and the site when it is asked for."""
    app = Flask(__name__, static_folder=None)
    app.wsgi_app = Front(app.wsgi_app, site_of(settings, database))  # type: ignore[method-assign]
    app.wsgi_app = logs.Traced(app.wsgi_app, numbers)  # type: ignore[method-assign]
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.register_blueprint(health.make_health(database))
    register_errors(app)
    return app


def make_desk(settings: Settings) -> Desk:
    """What is done with a message inside the transaction."""
    return Desk(
        clock=house.now,
        answer=dialogue.answer,
        deliver_late=handover.deliver_late,
        on_failure=handover.on_failure,
        limit=MinuteLimit(settings.messages_per_minute),
    )
