"""What an operator copies fits the code: Procfile, systemd units, settings and the proxy's file."""

import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.api.limits import LARGEST_UPLOAD
from app.cli import COMMANDS
from app.console.blueprint import LARGEST_FORM
from app.pages.my.access import WITH_PHOTOS
from app.serving import STOP_SECONDS
from app.wechat.webhook import BODY_BYTES
from config.settings import Settings
from jobs.queue import LEASE
from tests.conftest import skip_or_fail

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "config" / "deploy"
UNITS = DEPLOY / "systemd"
SERVING = ("web", "worker", "clock")
SIZES = {"k": 1 << 10, "m": 1 << 20}


class Unit(ConfigParser):
    """A unit file, of which the last of several lines with one name is read."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, interpolation=None, delimiters=("=",), allow_no_value=True)
        self.read_string(path.read_text("utf-8"))


def test_each_line_of_the_procfile_is_a_command_of_ours() -> None:
    lines = (ROOT / "Procfile").read_text("utf-8").splitlines()
    started = dict(re.fullmatch(r"(\w+): linli (\w+)", line).groups() for line in lines)  # type: ignore[union-attr]
    assert started == {"release": "migrate", "web": "web", "worker": "worker", "clock": "clock"}
    assert set(started.values()) <= COMMANDS.keys()


def test_the_units_start_what_there_is_and_wait_for_its_end() -> None:
    units = {name: Unit(UNITS / f"linli-{name}.service") for name in (*SERVING, "backup")}
    for name, unit in units.items():
        program, command = re.search(r"(\S+/linli) (\w+)", unit["Service"]["ExecStart"]).groups()  # type: ignore[union-attr]
        assert (program, command) == ("/opt/linli/.venv/bin/linli", name)
        assert command in COMMANDS
    assert {units[name]["Service"]["Restart"] for name in SERVING} == {"always"}
    ends = {name: float(units[name]["Service"]["TimeoutStopSec"]) for name in SERVING}
    assert ends["worker"] > LEASE.total_seconds()
    assert ends["web"] > STOP_SECONDS
    wanted = Unit(UNITS / "linli.target")["Unit"]["Wants"].split()
    assert all((UNITS / name).exists() for name in wanted)


def test_systemd_takes_the_units_and_finds_little_exposed(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd on this machine")
    folder = shutil.copytree(UNITS, tmp_path / "units")
    for unit in folder.glob("*.service"):
        # Verification wants a program that is there.
        text = unit.read_text("utf-8").replace("/opt/linli/.venv/bin/linli", sys.executable)
        unit.write_text(text, "utf-8")
    units = sorted(str(one) for one in folder.iterdir() if one.is_file())
    environment = {"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"}

    def told(*arguments: str) -> str:
        ended = subprocess.run(
            [analyze, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stderr

    assert "linli" not in told("verify", "--man=no", *units)
    services = [f"{folder}/linli-{name}.service" for name in SERVING]
    told("security", "--offline=yes", "--no-pager", "--threshold=20", *services)


def test_the_example_of_settings_names_settings() -> None:
    lines = (DEPLOY / "linli.env").read_text("utf-8").splitlines()
    named = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert {name.removeprefix("LINLI_").lower() for name in named} <= Settings.model_fields.keys()
    assert not any(named[name] for name in named if name.endswith(("KEY", "SECRET", "TOKEN")))


def test_the_proxy_lets_in_what_the_product_takes_and_says_itself_who_comes() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    rules = dict(re.findall(r"location (?:= )?(\S+) \{(.*?)\n    \}", text, re.DOTALL))
    first = text[: text.index("location")]

    def most_bytes(part: str) -> int:
        size, unit = re.search(r"client_max_body_size (\d+)([km]);", part).groups()  # type: ignore[union-attr]
        return int(size) * SIZES[unit]

    assert most_bytes(first) == BODY_BYTES
    taken = {"/console/": LARGEST_FORM, "/p/my/": WITH_PHOTOS, "/api/": LARGEST_UPLOAD}
    for place, largest in taken.items():
        assert largest <= most_bytes(rules[place]) < 1.1 * largest, place
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", first))
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Host"]) == ("$scheme", "$host")
    assert not any("proxy_set_header" in rule for rule in rules.values())  # they would drop all
    assert "deny all" in rules["/metrics"]
    assert "return 404" in rules["/dev/"]
    assert "limit_req " not in rules["/wechat/"]
    assert "LINLI_TRUSTED_PROXIES=1" in text


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        skip_or_fail("no nginx on this machine")
    assert nginx is not None
    certificate(tmp_path)
    site = (DEPLOY / "nginx.conf").read_text("utf-8").replace("/etc/ssl/linli", str(tmp_path))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    whole = f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {folders} {site} }}"
    (tmp_path / "nginx.conf").write_text(whole, "utf-8")
    ended = subprocess.run(
        [nginx, "-t", "-p", tmp_path, "-e", "stderr", "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "linli.example.cn")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
