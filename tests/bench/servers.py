"""Starts the two web servers of a bench, each as its own processes on a free port."""

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
    server = subprocess.Popen(
        [sys.executable, "-m", *arguments, "--port", str(port)],
        env=os.environ | dict(environment),
        start_new_session=True,
        stdout=subprocess.DEVNULL,  # ours is for the figures
    )
    try:
        _await(server, port)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"no server on {port} in {START_SECONDS} s")
