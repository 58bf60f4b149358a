"""The bare webhook that intake is measured against: check, parse, echo, keep nothing."""

import os

import click
from flask import Flask, Response, abort, request
from granian.constants import Interfaces
from wechatpy import parse_message
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature

from app.serving import serve_web
from config.settings import Settings


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    token = os.environ["LINLI_WECHAT_TOKEN"]

    @app.post("/wechat/main")
    def echo() -> Response:
        query = request.args
        try:
            check_signature(token, query["signature"], query["timestamp"], query["nonce"])
        except InvalidSignatureException:
            abort(403)
        message = parse_message(request.get_data())
        reply = TextReply(content=message.content, message=message)
        return Response(reply.render(), mimetype="text/xml")

    return app


@click.command()
@click.option("--port", type=int, required=True)
def main(port: int) -> None:
    """Serve the echo as DESIGN §4 has it, 2 × 1: it waits for nobody, so one thread is enough."""
    settings, here = Settings(), "127.0.0.1"
    serve_web(settings, here, port, "tests.bench.echo:create_app", interface=Interfaces.WSGI)


if __name__ == "__main__":
    main()
