"""`/healthz`: the process lives. `/readyz`: it can serve, store and tables included."""

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from models.base import Database
from models.revisions import is_current


def make_health(database: Database) -> Blueprint:
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @health.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            migrated = is_current(database)
        except SQLAlchemyError:
            return jsonify(status="no database"), 503
        if not migrated:
            return jsonify(status="run linli migrate"), 503
        return jsonify(status="ok"), 200

    return health
