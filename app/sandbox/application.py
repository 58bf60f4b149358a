"""Puts the sandbox together: WeChat's paths, its own interface, its chat page."""

from flask import Flask

from app.sandbox import credentials, media, menus, messages
from app.sandbox.control import control
from app.sandbox.gate import open_gate
from app.sandbox.options import SandboxOptions
from app.sandbox.page import page
from app.sandbox.platform import Platform

ENDPOINT_MODULES = (credentials, media, menus, messages)


def create_sandbox(options: SandboxOptions) -> Flask:
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    platform = app.extensions["sandbox"] = Platform(options)
    open_gate(app, platform)
    app.register_blueprint(control)
    app.register_blueprint(page)
    return app
