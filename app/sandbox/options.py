"""What a sandbox is told when it starts: two accounts, where to push, how to behave."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["plain", "compatible", "secure"]
AES_KEY_LENGTH = 43


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """The official account and the mini-program it plays, and the product it pushes to."""

    app_id: str
    secret: str
    token: str
    push_url: str
    aes_key: str = ""
    mode: Mode = "plain"
    web_url: str = ""
    store_path: Path | None = None
    mini_app_id: str = ""
    mini_secret: str = ""
    mini_token: str = ""
    mini_aes_key: str = ""
    mini_push_url: str = ""
    account_kind: Literal["certified", "test"] = "certified"
    account_name: str = "gh_linli_sandbox"
    mini_name: str = "gh_linli_mini"
    latency_ms: int = 0
    push_seconds: float = 5.0
    retry_pause_seconds: float = 1.0

    def __post_init__(self) -> None:
        self.check_mode(self.mode)

    def check_mode(self, mode: Mode) -> None:
        if mode != "plain" and len(self.aes_key) != AES_KEY_LENGTH:
            raise ValueError(f"{mode} mode needs an EncodingAESKey of 43 characters")

    def secret_of(self, app_id: str) -> str | None:
        """The secret of one of the two accounts, None for an app id this platform never gave."""
        known = {self.app_id: self.secret, self.mini_app_id: self.mini_secret}
        return known.get(app_id) if app_id else None
