"""WeChat's message cipher, written from its specification and from nothing of the product's."""

import base64
import hashlib
import os
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # PKCS#7 to 32 bytes, not to AES's 16


class Undecipherable(Exception):
    """Not a message of this account's key and app id."""


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MessageCipher:
    """AES-256-CBC under the account's EncodingAESKey, sealed with its app id."""

    aes_key: str
    app_id: str

    def encrypt(self, message: bytes) -> str:
        content = os.urandom(16) + struct.pack(">I", len(message)) + message + self.app_id.encode()
        padding = BLOCK - len(content) % BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, text: str) -> bytes:
        try:
            sealed = base64.b64decode(text, validate=True)
            decryptor = self._cipher().decryptor()
            content = decryptor.update(sealed) + decryptor.finalize()
        except ValueError as error:
            raise Undecipherable("not base64 of whole blocks") from error
        return self._unpack(content)

    def _unpack(self, content: bytes) -> bytes:
        padding = content[-1] if content else 0
        if not 1 <= padding <= BLOCK or content[-padding:] != bytes([padding]) * padding:
            raise Undecipherable("padding")
        content = content[16:-padding]
        if len(content) < 4:
            raise Undecipherable("too short")
        (length,) = struct.unpack(">I", content[:4])
        message, app_id = content[4 : 4 + length], content[4 + length :]
        if len(message) != length or app_id != self.app_id.encode():
            raise Undecipherable("length or app id")
        return message

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=")
        if len(key) != 32:
            raise Undecipherable("EncodingAESKey is 43 characters")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
