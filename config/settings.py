"""Typed settings from the environment, prefix LINLI_. The only place that reads it."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PLATFORM = "https://api.weixin.qq.com"

GENERATED = "keys.json"
DATA_KEY = "LINLI_DATA_KEY"


class Settings(BaseSettings):
    """What an operator decides. Every field is the variable LINLI_<NAME> in capitals."""

    model_config = SettingsConfigDict(env_prefix="LINLI_", extra="ignore")

    database_url: str = Field("", description="SQLAlchemy address; empty means SQLite in data_dir")
    redis_url: str = Field(
        "", description="Redis wakes workers and counts limits; empty means threads claim rows"
    )
    data_dir: Path = Field(Path("var"), description="database, photos, generated keys, word cache")
    secret_key: str = Field("", description="signs sessions and short-lived links")
    data_key: str = Field(
        "", description="id:base64url of 32 bytes, comma-separated; first encrypts"
    )
    trusted_proxies: int = Field(
        0, ge=0, description="how many proxies stand before the web server"
    )
    base_url: str = Field(
        "http://127.0.0.1:8000", description="where residents reach the web process"
    )

    wechat_app_id: str = Field("", description="official account")
    wechat_secret: str = Field("", description="official account's secret")
    wechat_token: str = Field("", description="signs pushes")
    wechat_aes_key: str = Field("", description="EncodingAESKey, 43 characters")
    wechat_mode: Literal["plain", "compatible", "secure"] = Field("plain", description="push mode")
    wechat_api_base: str = Field(PLATFORM, description="replaces every platform host")
    mini_app_id: str = Field("", description="mini-program")
    mini_secret: str = Field("", description="mini-program's secret")
    mini_token: str = Field("", description="signs the mini-program's pushes")
    mini_aes_key: str = Field("", description="the mini-program's EncodingAESKey")

    console_admin: str = Field(
        "", description="name:password of the first administrator; `linli init` makes the account"
    )

    sqlite_synchronous: Literal["FULL", "NORMAL"] = Field(
        "FULL", description="fsync policy of SQLite"
    )
    web_workers: int = Field(0, ge=0, description="web processes; 0 means one a core, at most two")
    writer: str = Field(
        "", description="socket of the process that writes for all; `linli web` sets it"
    )
    web_port: int = Field(8000, description="port of the web process")
    sandbox_port: int = Field(8010, description="port of the sandbox")
    quiet_hours: bool = Field(True, description="no push from 22:00 to 08:00 unless it is urgent")
    messages_per_minute: int = Field(30, ge=1, description="of one person; more are only kept")
    metrics_token: str = Field(
        "", description="opens /metrics from anywhere; empty: from this machine and its network"
    )
    outside_networks: str = Field(
        "", description="private networks that webhooks may be sent into, comma-separated"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="log level")
    dev: bool = Field(False, description="opens /dev/ for the sandbox; set by `linli run` alone")

    @field_validator("base_url", "wechat_api_base")
    @classmethod
    def _without_slash(cls, address: str) -> str:
        return address.rstrip("/")

    @property
    def database(self) -> str:
        """The address in use."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.absolute() / 'linli.db'}"
        scheme, separator, rest = self.database_url.partition("://")
        if scheme in ("postgres", "postgresql"):  # as hosting services write it
            return f"postgresql+psycopg{separator}{rest}"
        return self.database_url

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file beside us, and no server."""
        return self.database.startswith("sqlite")

    @cached_property
    def data_keys(self) -> dict[str, bytes]:
        """Key id → 32 bytes, in order; the first encrypts. A bare key is id 1."""
        keys = {}
        for part in filter(None, (p.strip() for p in self.data_key.split(","))):
            key_id, _, text = part.rpartition(":")
            key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            if len(key) != 32:
                raise ValueError(f"{DATA_KEY}: each key is base64url of 32 bytes")
            keys[key_id or "1"] = key
        return keys

    @property
    def has_credentials(self) -> bool:
        return bool(self.wechat_app_id and self.wechat_secret and self.wechat_token)


def generate_missing_keys(data_dir: Path) -> None:
    """Puts keys nobody has set into the environment, kept in `data_dir` so that they last.

    For `linli run` and `linli demo` only: a server run by several processes needs keys that the
    operator chose, and `linli web` refuses to start without them.
    """
    kept = kept_keys(data_dir)
    made = {
        "LINLI_SECRET_KEY": secrets.token_urlsafe(32),
        DATA_KEY: "1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    for name, value in made.items():
        kept.setdefault(name, value)
        if not os.environ.get(name):
            os.environ[name] = kept[name]
    keep_keys(data_dir, kept)


def kept_keys(data_dir: Path) -> dict[str, str]:
    """What `generate_missing_keys` made, by variable; nothing where it never ran."""
    path = data_dir / GENERATED
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return kept


def keep_keys(data_dir: Path, keys: Mapping[str, str]) -> None:
    """Where `linli run` finds them again."""
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data_dir / GENERATED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(keys, file, indent=2)


def with_kept_keys(settings: Settings) -> Settings:
    """With the keys that `linli run` made, where the environment has none."""
    kept = kept_keys(settings.data_dir)
    missing = [field for field in ("secret_key", "data_key") if not getattr(settings, field)]
    found = {field: kept.get(f"LINLI_{field.upper()}", "") for field in missing}
    return settings.model_copy(update=found)


@cache
def public_link(path: str) -> str:
    """The address under which residents read a public page."""
    from_environment: dict[str, Any] = {}
    return f"{Settings(**from_environment).base_url}{path}"


def missing_keys(settings: Settings) -> list[str]:
    """Names of the variables a server must not start without."""
    return [name for name, value in own_keys(settings).items() if not value]


def own_keys(settings: Settings) -> dict[str, str]:
    """The keys of this house, by variable: without them its store can not be read again."""
    return {"LINLI_SECRET_KEY": settings.secret_key, DATA_KEY: settings.data_key}
