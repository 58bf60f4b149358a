"""The commands that serve, as an operator meets them."""

import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.serving import is_news


def linli(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("LINLI_")
    }
    environment |= {"LINLI_DATA_DIR": str(folder), **settings}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def taken_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def test_web_refuses_to_start_without_its_keys_and_names_them(tmp_path: Path) -> None:
    ended = linli("web", folder=tmp_path)
    assert ended.returncode == 1
    assert "LINLI_SECRET_KEY and LINLI_DATA_KEY" in ended.stderr


def test_run_says_which_port_is_taken_and_leaves_it_alone(tmp_path: Path, taken_port: int) -> None:
    ended = linli("run", "--port", str(taken_port), folder=tmp_path)
    assert ended.returncode == 1
    assert f"port {taken_port} is taken" in ended.stderr


def test_the_sandbox_needs_the_credentials_the_product_uses(tmp_path: Path) -> None:
    ended = linli("sandbox", folder=tmp_path)
    assert ended.returncode == 1
    assert "LINLI_WECHAT_TOKEN" in ended.stderr


def test_the_demo_refuses_a_database_that_is_not_its_own(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'precious.db'}"
    ended = linli("demo", folder=tmp_path, LINLI_DATABASE_URL=address)
    assert ended.returncode == 1
    assert "fresh database of its own" in ended.stderr
    assert not (tmp_path / "precious.db").exists()


def test_init_with_the_demo_says_which_key_it_lacks(tmp_path: Path) -> None:
    ended = linli("init", "--demo", folder=tmp_path, LINLI_DATA_KEY="")
    assert ended.returncode == 1
    assert "set LINLI_DATA_KEY first" in ended.stderr


def test_init_with_the_demo_runs_once_and_changes_nothing_the_second_time(tmp_path: Path) -> None:
    keys = {"LINLI_SECRET_KEY": "s", "LINLI_DATA_KEY": "1:" + "A" * 43}
    assert linli("init", "--demo", folder=tmp_path, **keys).stdout.strip() == "ready"
    again = linli("init", "--demo", folder=tmp_path, **keys)
    assert again.returncode == 1
    assert "nothing changed" in again.stderr


@pytest.mark.parametrize("command", ["migrate", "init", "classify", "notices", "job", "menu", "qr"])
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"])
    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout


def test_of_what_the_server_says_only_the_number_of_threads_is_no_news() -> None:
    threads = "Configuration allows spawning up to 16 Python threads, which seems quite high"
    assert not is_news(logging.makeLogRecord({"msg": threads}))
    assert is_news(logging.makeLogRecord({"msg": "Workers respawn is configured"}))
