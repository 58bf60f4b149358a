"""The two accounts as pushes see them: where to, under which keys, in which form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.sandbox import envelope
from app.sandbox.cipher import MessageCipher
from app.sandbox.options import Mode, SandboxOptions


@dataclass(frozen=True, slots=True)
class Account:
    """An official account pushes XML and takes replies; a mini-program JSON, and takes none."""

    kind: Literal["official", "mini"]
    name: str
    token: str
    cipher: MessageCipher
    mode: Mode
    push_url: str

    @property
    def content_type(self) -> str:
        return "text/xml" if self.kind == "official" else "application/json"

    def write(self, fields: Mapping[str, Any]) -> bytes:
        if self.kind == "official":
            return envelope.write(fields)
        return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def official(options: SandboxOptions, mode: Mode) -> Account:
    cipher = MessageCipher(options.aes_key, options.app_id)
    return Account("official", options.account_name, options.token, cipher, mode, options.push_url)


def mini_program(options: SandboxOptions) -> Account:
    """Its pushes are encrypted when it has a key."""
    cipher = MessageCipher(options.mini_aes_key, options.mini_app_id)
    mode: Mode = "secure" if options.mini_aes_key else "plain"
    return Account(
        "mini", options.mini_name, options.mini_token, cipher, mode, options.mini_push_url
    )
