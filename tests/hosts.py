"""Hosts that share nothing but a network: namespaces of Linux where the machine allows them.

Elsewhere they are processes with data directories of their own, on the one loopback.
"""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CalledProcessError

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 20
PIECE = 1 << 16


@dataclass
class Host:
    """主机 — starts our commands as on a machine of its own, and keeps what they log."""

    name: str
    address: str
    folder: Path
    inside: tuple[str, ...] = ()  # what a command is begun with, to run there
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, environment: dict[str, str], name: str, *arguments: str) -> None:
        self.folder.mkdir(exist_ok=True)
        with self.log_of(name).open("wb") as log:
            self.parts[name] = subprocess.Popen(
                [*self.inside, sys.executable, "-m", "app", name, *arguments],
                env=os.environ | environment | {"LINLI_DATA_DIR": str(self.folder)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def stop(self) -> None:
        for part in self.parts.values():
            part.terminate()
        for part in self.parts.values():
            try:
                part.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(part.pid, signal.SIGKILL)
                part.wait()


@dataclass(frozen=True)
class Network:
    """网络 — the hosts, and the address at which they reach what stands between them."""

    middle: str
    hosts: list[Host]
    is_apart: bool


@contextmanager
def network(folder: Path, names: Sequence[str]) -> Iterator[Network]:
    with ExitStack() as stack:
        try:
            laid = _laid(stack, folder, names)
        except (OSError, CalledProcessError):
            laid = Network(LOOPBACK, [Host(one, LOOPBACK, folder / one) for one in names], False)
        for host in laid.hosts:
            stack.callback(host.stop)
        yield laid


def _laid(stack: ExitStack, folder: Path, names: Sequence[str]) -> Network:
    """A bridge in our own namespace, and a cable from it to each host."""
    number = os.getpid() % 60000
    bridge, subnet = f"lb{number}", f"10.{100 + number // 250 % 100}.{number % 250}"
    undone = stack.enter_context(ExitStack())
    _ip("link", "add", bridge, "type", "bridge")
    undone.callback(_ip, "link", "del", bridge)
    _ip("addr", "add", f"{subnet}.1/24", "dev", bridge)
    _ip("link", "set", bridge, "up")
    hosts = []
    for place, name in enumerate(names, 2):
        space, cable = f"lh{number}{name}", f"lc{number}{name}"
        _ip("netns", "add", space)
        undone.callback(_ip, "netns", "del", space)
        _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", cable, "master", bridge, "up")
        _ip("-n", space, "addr", "add", f"{subnet}.{place}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            _ip("-n", space, "link", "set", device, "up")
        inside = (_program(), "netns", "exec", space)
        hosts.append(Host(name, f"{subnet}.{place}", folder / name, inside))
    return Network(f"{subnet}.1", hosts, True)


def _ip(*arguments: str) -> None:
    subprocess.run([_program(), *arguments], check=True, capture_output=True)


def _program() -> str:
    found = shutil.which("ip", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError("ip")
    return found


class Relay:
    """转接 — gives what listens on this machine alone an address in the network."""

    def __init__(self, host: str, target: tuple[str, int] | str) -> None:
        self._target = target
        self._listener = socket.create_server((host, 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(visitor,), daemon=True).start()

    def _pass_on(self, visitor: socket.socket) -> None:
        is_file = isinstance(self._target, str)
        with visitor, socket.socket(socket.AF_UNIX if is_file else socket.AF_INET) as server:
            server.connect(self._target)
            other = {visitor: server, server: visitor}
            with suppress(OSError):
                while True:
                    for one in select.select(list(other), [], [])[0]:
                        if not (piece := one.recv(PIECE)):
                            return
                        other[one].sendall(piece)
