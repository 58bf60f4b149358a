"""The cipher against WeRoBot's, and against ciphertexts that only look like some."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from app.wechat.cipher import MessageCipher
from app.wechat.refusals import Malformed, NotGenuine

from .sender import Sender

THEIRS = Sender("")
OURS = MessageCipher(THEIRS.aes_key, THEIRS.app_id)
KEY = base64.b64decode(THEIRS.aes_key + "=")


def encrypted(plain: bytes) -> str:
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(KEY[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def padded(plain: bytes) -> bytes:
    padding = 32 - len(plain) % 32
    return plain + bytes([padding]) * padding


@given(st.text(max_size=300))
def test_what_we_seal_an_independent_cipher_opens(text: str) -> None:
    sealed = OURS.encrypt(text)
    assert THEIRS.cipher.prp_crypto.decrypt(sealed, THEIRS.app_id) == text.encode()


@given(st.text(max_size=300))
def test_what_an_independent_cipher_seals_we_open(text: str) -> None:
    sealed = THEIRS.cipher.prp_crypto.encrypt(text, THEIRS.app_id).decode()
    assert OURS.decrypt(sealed) == text.encode()


def test_the_same_text_is_never_sealed_alike() -> None:
    assert OURS.encrypt("路灯") != OURS.encrypt("路灯")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(noise: bytes) -> None:
    for sealed in (base64.b64encode(noise).decode(), noise.decode("latin-1")):
        with pytest.raises((Malformed, NotGenuine)):
            OURS.decrypt(sealed)


NOISE = bytes(range(100, 116))


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(bytes(32), id="no padding"),
        pytest.param(NOISE + NOISE[1:] + b"\x21", id="padding beyond a block"),
        pytest.param(NOISE + NOISE[2:] + b"\x01\x02", id="padding that differs"),
        pytest.param(padded(NOISE[:10]), id="too short for a length"),
        pytest.param(
            padded(NOISE + b"\xff\xff\xff\xff" + b"text" + THEIRS.app_id.encode()),
            id="length beyond the end",
        ),
    ],
)
def test_a_plaintext_that_does_not_add_up_is_refused(plain: bytes) -> None:
    with pytest.raises((Malformed, NotGenuine)):
        OURS.decrypt(encrypted(plain))


def test_a_text_for_another_appid_is_not_genuine() -> None:
    with pytest.raises(NotGenuine):
        OURS.decrypt(MessageCipher(THEIRS.aes_key, "wx0000000000000002").encrypt("路灯"))


@pytest.mark.parametrize("aes_key", ["", "short", "键" * 43, "a" * 44])
def test_a_key_that_is_none_is_found_at_once(aes_key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        MessageCipher(aes_key, "wx1")
