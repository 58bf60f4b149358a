"""Running the sandbox: as a process of its own, or in a thread of a test."""

import functools
import socket
import threading

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.sandbox.application import create_sandbox
from app.sandbox.options import SandboxOptions

STOP_SECONDS = 0.02  # how soon a stop is noticed
THREADS = 128  # most of them wait for the product, or sleep through a latency asked for


def serve(options: SandboxOptions, port: int, address: str = "127.0.0.1") -> None:
    """Serves until the process is told to stop. A port in use raises OSError."""
    _check_free(address, port)
    server = Granian(
        "app.sandbox",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=THREADS,
        websockets=False,
        log_level=LogLevels.critical,  # a connection dropped on purpose would be logged as error
    )
    server.serve(target_loader=functools.partial(create_sandbox, options), wrap_loader=False)


def _check_free(address: str, port: int) -> None:
    """Granian would share a port that is taken, and pushes would come from two platforms."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))


class _Handler(WSGIRequestHandler):
    """Keeps quiet. Each connection ends with its answer, which the platform does not do."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        pass

    def log(self, *_: object) -> None:
        pass


class SandboxThread:
    """A sandbox inside this process, on a free port unless one is given."""

    def __init__(self, options: SandboxOptions, port: int = 0) -> None:
        self.app = create_sandbox(options)
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, self.app, threaded=True, request_handler=_Handler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_SECONDS,), name="sandbox", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> "SandboxThread":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self.app.extensions["sandbox"].close()

    def __enter__(self) -> "SandboxThread":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
