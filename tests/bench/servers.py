"""Starts the processes of a bench: web servers on free ports, and those that listen to nobody."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

START_SECONDS = 30
STOP_SECONDS = 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(arguments: list[str], environment: Mapping[str, str]) -> Iterator[int]:
    """Runs `python -m ARGUMENTS --port N` until left; yields the port."""
    port = free_port()
    with running([*arguments, "--port", str(port)], environment) as server:
        listens_on(port, server)
        yield port


@contextmanager
def running(
    arguments: list[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs `python -m ARGUMENTS` until left."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=os.environ | dict(environment),
        start_new_session=True,
        stdout=subprocess.DEVNULL,  # ours is for the figures
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def listens_on(port: int, server: subprocess.Popen[bytes] | None = None) -> None:
    """Waits until it does: the process, or somebody in this one."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server is not None and server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"no server on {port} in {START_SECONDS} s")
