"""What the domain refuses, as HTTP: one place for all doors but WeChat's, which has its own."""

from flask import Flask, Response, jsonify

from models.errors import (
    AlreadyDone,
    DomainError,
    NotAllowed,
    NotFound,
    StoreBusy,
    TransitionNotAllowed,
)

STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    TransitionNotAllowed: 409,
    AlreadyDone: 409,
    StoreBusy: 503,
    DomainError: 422,
}


def register_errors(app: Flask) -> None:
    @app.errorhandler(DomainError)
    def refused(refusal: DomainError) -> tuple[Response, int]:
        status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
        return jsonify(error=refusal.template), status
