"""Keeps the process that writes for all web processes alive beside them."""

import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import structlog

from app import collector, logs
from app.house import open_database
from app.serving import workers_of
from app.wechat.writer import Writer
from app.wsgi import make_desk
from bots import wording
from config.settings import Settings
from models.base import Database

BACKLOG = 1024  # each push that waits has a line of its own
NICENESS = 10  # of the web processes
PAUSE_SECONDS = 0.5  # before one that has ended is started again
VARIABLE = "LINLI_WRITER"
LOOK_SECONDS = 1.0
CLEARING_SECONDS = 0.3
CLEARING_JOBS = 100  # not for fewer: each time the file itself has to reach the disk

log = structlog.get_logger(__name__)


def writer_for(settings: Settings) -> "WriterProcess | None":
    """Where several web processes would take turns at one file; none where nothing is gained."""
    is_shared = settings.is_sqlite and workers_of(settings) > 1
    return WriterProcess(settings) if is_shared and sys.platform == "linux" else None


class WriterProcess:
    """写入进程的看护 — started before the web processes, started again when it ends, ended last.

    The socket is ours and outlives it: who asks while there is none waits for the next.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        """The web processes that start from now on find it."""
        self._folder = tempfile.TemporaryDirectory(prefix="linli-")
        path = str(Path(self._folder.name) / "writer")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(path)
        self._listener.listen(BACKLOG)
        os.environ[VARIABLE] = path
        self._process = self._begun()
        self._keeper.start()
        # Of this thread, which begins the web processes. They only bring more work: the writer
        # waited for a core an eighth of its time, while theirs stood idle for want of answers.
        os.nice(NICENESS)

    def stop(self) -> None:
        self._is_ending.set()
        self._process.terminate()
        self._keeper.join()
        self._listener.close()
        self._folder.cleanup()

    def _keep(self) -> None:
        while True:
            self._process.join()
            if self._is_ending.wait(PAUSE_SECONDS):
                return
            self._process = self._begun()

    def _begun(self) -> BaseProcess:
        # Forked: it has what we have read by now, and the socket.
        process = multiprocessing.get_context("fork").Process(target=self._write, daemon=True)
        process.start()
        return process

    def _write(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; whoever started us ends us
        logs.configure(self._settings)
        database = open_database(self._settings)
        desk = make_desk(self._settings)
        threading.Thread(target=_follow_wording, args=(database,), daemon=True).start()
        writer = Writer(self._listener, database, desk)
        threading.Thread(target=_clear_log, args=(database, writer), daemon=True).start()
        gc.collect()
        collector.settle()
        writer.serve()


def _clear_log(database: Database, writer: Writer) -> None:
    """Beside the writer: else the commit that finds the log full does it, and all wait."""
    cleared = 0
    while True:
        time.sleep(CLEARING_SECONDS)
        if writer.asked - cleared < CLEARING_JOBS:
            continue
        cleared = writer.asked
        try:
            database.clear_log()
        except Exception as failure:  # then the writer does it
            log.warning("log_not_cleared", kind=type(failure).__name__)


def _follow_wording(database: Database) -> None:
    """Beside the writer, which must not look for itself while messages wait."""
    while True:
        try:
            with database.reading() as session:
                wording.follow(session)
        except Exception as failure:
            # The store is away, in whatever words its driver has: what is there is said still.
            log.warning("wording_look_failed", kind=type(failure).__name__)
        time.sleep(LOOK_SECONDS)
