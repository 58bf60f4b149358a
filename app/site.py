"""What people open in a browser: the console, the public pages, in trials the sandbox's way in."""

from importlib import import_module

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app.browser_headers import Secured
from app.console.blueprint import add_console, load_pages
from app.errors import register_errors
from app.front import Later
from app.meters import meter_pages
from app.metrics import make_metrics
from app.open311.blueprint import make_open311
from app.pages.blueprint import make_pages
from app.pages.my.blueprint import make_my
from config.settings import Settings
from models.base import Database

API = "/api/v1"

load_pages()  # with this module, so that the web processes share what the server has loaded


def make_site(settings: Settings, database: Database) -> Flask:
    site = Flask(__name__, static_folder=None)
    site.secret_key = settings.secret_key
    meter_pages(site)
    office = add_console(site, database, settings)
    site.register_blueprint(make_pages(database))
    site.register_blueprint(make_my(office))
    site.register_blueprint(make_metrics(database, settings))
    site.register_blueprint(make_open311(office))
    if settings.dev:
        # It loads the schedule with all its jobs, which no other web process needs.
        site.register_blueprint(import_module("app.dev").make_dev(database))
    register_errors(site)
    # Its libraries take longer to load than all pages together.
    api = Later(lambda: import_module("app.api.application").make_api(office))
    doors = DispatcherMiddleware(site.wsgi_app, {API: api})
    site.wsgi_app = Secured(doors, settings)  # type: ignore[method-assign]
    return site
