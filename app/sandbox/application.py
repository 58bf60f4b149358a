"""Puts the sandbox together: WeChat's paths, its own interface, its chat page."""

from flask import Flask

from app.sandbox import (
    credentials,
    group_robots,
    login,
    mass,
    media,
    menus,
    messages,
    qrcodes,
    templated,
    text_checks,
    users,
)
from app.sandbox.authorize import authorize
from app.sandbox.control import control
from app.sandbox.gate import open_gate
from app.sandbox.options import SandboxOptions
from app.sandbox.page import page
from app.sandbox.platform import Platform

# Importing a module registers its endpoints.
ENDPOINT_MODULES = (
    credentials,
    group_robots,
    login,
    mass,
    media,
    menus,
    messages,
    qrcodes,
    templated,
    text_checks,
    users,
)


def create_sandbox(options: SandboxOptions) -> Flask:
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    platform = app.extensions["sandbox"] = Platform(options)
    with platform.store.writing() as db:
        templated.give_templates(db, options)
    open_gate(app, platform)
    app.register_blueprint(control)
    app.register_blueprint(page)
    app.register_blueprint(authorize)
    return app
