"""The cipher against two others, and against what is not a message."""

import pytest
import wechatpy.crypto
from hypothesis import given
from hypothesis import strategies as st
from werobot.crypto import PrpCrypto

from app.sandbox.cipher import MessageCipher, Undecipherable

from .conftest import AES_KEY

OURS = MessageCipher(AES_KEY, "wxa1b2c3d4e5f60718")
BY_WECHATPY = wechatpy.crypto.WeChatCrypto("t", AES_KEY, OURS.app_id)


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_what_we_seal_others_open(text):
    key = BY_WECHATPY.key
    assert PrpCrypto(key).decrypt(OURS.encrypt(text.encode()), OURS.app_id) == text.encode()


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_what_others_seal_we_open(text):
    sealed = PrpCrypto(BY_WECHATPY.key).encrypt(text, OURS.app_id)
    assert OURS.decrypt(sealed.decode()) == text.encode()


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.hex())))
def test_anything_else_is_undecipherable(text):
    with pytest.raises(Undecipherable):
        OURS.decrypt(text)


def test_another_app_id_is_refused():
    sealed = MessageCipher(AES_KEY, "wx0000000000000000").encrypt(b"<xml/>")
    with pytest.raises(Undecipherable):
        OURS.decrypt(sealed)
