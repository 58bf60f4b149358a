"""Runs the web application on Granian."""

import gc
import os
import socket

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from app.house import shipped_words
from config.settings import Settings

THREADS = 8  # of one process; more only wait for the one writer
MOST_WORKERS = 2
BACKLOG = 1024


def check_free(host: str, port: int) -> None:
    """Granian would share a port that is taken, and each server would get half the pushes.

    Raises OSError that names the port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise OSError(f"port {port} is taken; choose another") from taken


def serve_web(
    settings: Settings, host: str, port: int, application: str = "app.wsgi:create_app"
) -> None:
    """Serves until told to stop; the settings reach the processes through the environment.

    Raises OSError when the port is taken.
    """
    check_free(host, port)
    shipped_words(settings)
    # The workers fork from here: what is read by now is theirs too, and their collectors leave
    # it alone, which would make a copy of each page of it.
    gc.collect()
    gc.freeze()
    workers = settings.web_workers or min(MOST_WORKERS, os.cpu_count() or 1)
    server = Granian(
        application,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    server.serve()
