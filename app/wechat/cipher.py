"""WeChat's cipher: AES-256-CBC over random bytes, a length, the text and the appid."""

import base64
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.wechat.refusals import Malformed, NotGenuine

BLOCK = 32  # WeChat pads to 32 bytes, not to the 16 of AES
RANDOM = 16
LENGTH = struct.Struct(">I")


class MessageCipher:
    """Encrypts and decrypts for one account. The signature is checked before, not here."""

    def __init__(self, aes_key: str, app_id: str) -> None:
        try:
            key = base64.b64decode(aes_key + "=", validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError("an EncodingAESKey is 43 characters of base64")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))
        self._app_id = app_id.encode()

    def encrypt(self, text: str) -> str:
        content = text.encode()
        plain = os.urandom(RANDOM) + LENGTH.pack(len(content)) + content + self._app_id
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, sealed: str) -> bytes:
        plain = self._unpadded(self._plain(sealed))
        if len(plain) < RANDOM + LENGTH.size:
            raise Malformed("ciphertext too short")
        (length,) = LENGTH.unpack_from(plain, RANDOM)
        start = RANDOM + LENGTH.size
        content, app_id = plain[start : start + length], plain[start + length :]
        if not hmac.compare_digest(app_id, self._app_id):
            raise NotGenuine("another appid")
        return content

    def _plain(self, sealed: str) -> bytes:
        decryptor = self._cipher.decryptor()
        try:
            return decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
        except ValueError as failure:  # not base64, not ASCII, or no whole number of blocks
            raise Malformed("not a ciphertext") from failure

    @staticmethod
    def _unpadded(plain: bytes) -> bytes:
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise Malformed("wrong padding")
        return plain[:-padding]
