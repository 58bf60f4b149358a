"""What an account shares with WeChat, and the signatures made with it."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from app.wechat.cipher import MessageCipher
from config.settings import Settings


@dataclass(frozen=True)
class AccountKeys:
    """公众号密钥 — one account's appid, token and key, and the mode its pushes come in."""

    app_id: str
    token: str
    aes_key: str = ""
    mode: Literal["plain", "compatible", "secure"] = "plain"
    kind: Literal["official", "mini"] = "official"

    def __post_init__(self) -> None:
        if not self.token:
            raise ValueError("an account without a token can not tell WeChat from a stranger")
        if self.is_encrypted:
            if not self.app_id:
                raise ValueError("without its appid an account would take another's pushes")
            _ = self.cipher  # a wrong key is a fault of the set-up, found before the first push

    @property
    def is_encrypted(self) -> bool:
        return self.mode != "plain"

    @property
    def can_answer_with_words(self) -> bool:
        """A mini-program's push takes `success` alone; words go out as customer messages."""
        return self.kind == "official"

    @cached_property
    def cipher(self) -> MessageCipher:
        return MessageCipher(self.aes_key, self.app_id)

    def sign(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted((self.token, *parts))).encode()).hexdigest()

    def has_signed(self, signature: str, *parts: str) -> bool:
        """Constant-time. Bytes, because the comparison refuses text outside ASCII."""
        return hmac.compare_digest(self.sign(*parts).encode(), signature.encode())


def accounts_of(settings: Settings) -> dict[str, AccountKeys]:
    """The accounts that the environment defines: `main`, and `mini` where it has a token."""
    accounts = {}
    if settings.wechat_token:
        accounts["main"] = AccountKeys(
            settings.wechat_app_id,
            settings.wechat_token,
            settings.wechat_aes_key,
            settings.wechat_mode,
        )
    if settings.mini_token:
        accounts["mini"] = AccountKeys(
            settings.mini_app_id,
            settings.mini_token,
            settings.mini_aes_key,
            "secure" if settings.mini_aes_key else "plain",
            "mini",
        )
    return accounts
