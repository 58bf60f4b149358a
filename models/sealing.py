"""Personal text at rest: encrypted columns, keyed hashes, and a key per person to destroy."""

import hashlib
import hmac
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary, TypeDecorator

NONCE_BYTES = 12


class Keyring:
    """The data keys by id; the first encrypts, all decrypt."""

    def __init__(self) -> None:
        self._keys: dict[str, AESGCM] = {}
        self._first = ""
        self._hash_key = b""

    def use(self, keys: dict[str, bytes]) -> None:
        """Takes the keys of the settings; called once when a process starts."""
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._first = next(iter(keys), "")
        # The hash must outlive a rotation, so it hangs on the oldest key, which stays last.
        oldest = list(keys.values())[-1] if keys else b""
        self._hash_key = hashlib.sha256(b"linli search" + oldest).digest()

    def seal(self, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        body = self._keys[self._first].encrypt(nonce, plain, None)
        return self._first.encode() + b":" + nonce + body

    def open(self, sealed: bytes) -> bytes:
        key_id, _, rest = sealed.partition(b":")
        return self._keys[key_id.decode()].decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], None)

    def search_hash(self, plain: str) -> str:
        """The same for the same text, and of no use without the key."""
        return hmac.new(self._hash_key, plain.encode(), hashlib.sha256).hexdigest()


KEYRING = Keyring()


class Sealed(TypeDecorator[str]):
    """A text that lies encrypted in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else KEYRING.seal(value.encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else KEYRING.open(bytes(value)).decode()


def new_own_key() -> bytes:
    """A fresh key of one person, wrapped by the data key."""
    return KEYRING.seal(AESGCM.generate_key(256))


def seal_for(own_key: bytes | None, plain: str) -> bytes | None:
    """Text in the history of a person; unreadable for ever once `own_key` is gone."""
    if own_key is None:
        return None
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(KEYRING.open(own_key)).encrypt(nonce, plain.encode(), None)


def open_for(own_key: bytes | None, sealed: bytes | None) -> str | None:
    """The text again, or None when the person was erased."""
    if own_key is None or sealed is None:
        return None
    cipher = AESGCM(KEYRING.open(own_key))
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()
