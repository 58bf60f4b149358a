"""Runs the web application on Granian."""

import gc
import logging
import os
import shutil
import socket
from importlib import import_module
from pathlib import Path
from typing import Protocol

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from app.front import SITE
from app.house import shipped_words
from config.settings import Settings

MOST_WORKERS = 2
BACKLOG = 1024
HEAD_SECONDS = 10  # for a request's lines before its body, however slowly they come
MEMORY = Path("/dev/shm")
METER_FILES = "PROMETHEUS_MULTIPROC_DIR"  # read by the library when it is first loaded
STOP_SECONDS = 5  # no push is waited for longer; a process told to stop while it starts never hears


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


def workers_of(settings: Settings) -> int:
    """How many web processes."""
    return settings.web_workers or min(MOST_WORKERS, os.cpu_count() or 1)


def is_news(record: logging.LogRecord) -> bool:
    """All that Granian says but that there are more threads than processors: ours wait."""
    return "Python threads" not in record.getMessage()


def share_meters(settings: Settings, port: int) -> None:
    """What the web processes count is added up from files, which begin anew with the server.

    In memory: a process dies of a mapped file that the disk has no more room for.
    """
    home = MEMORY / f"linli-{os.getuid()}" if MEMORY.is_dir() else settings.data_dir.absolute()
    folder = home / "meters" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[METER_FILES] = str(folder)


class Beside(Protocol):
    """What runs as long as the web processes do."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def serve_web(
    settings: Settings,
    host: str,
    port: int,
    application: str = "app.asgi:create_app",
    beside: Beside | None = None,
    interface: Interfaces = Interfaces.ASGINL,
) -> None:
    """Serves until told to stop; the settings reach the processes through the environment.

    What runs `beside` starts before the web processes and is stopped after them. Raises
    OSError when the port is taken.
    """
    check_free(host, port)
    share_meters(settings, port)
    shipped_words(settings)
    for module in (application.partition(":")[0], SITE):
        import_module(module)
    # The workers fork from here: what is read by now is theirs too, and their collectors leave
    # it alone, which would make a copy of each page of it.
    gc.collect()
    gc.freeze()
    logging.getLogger("_granian").addFilter(is_news)
    server = Granian(
        application,
        factory=True,
        address=host,
        port=port,
        interface=interface,
        workers=workers_of(settings),
        blocking_threads=1,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000),
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    if beside is not None:
        server.on_startup(beside.start)
        server.on_shutdown(beside.stop)
    server.serve()
