"""Accounts out of the settings, and keys that are refused before the first push."""

from xml.etree import ElementTree

import pytest

from app.wechat.keys import AccountKeys, accounts_of
from config.settings import Settings

from .sender import Sender

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def test_the_environment_defines_main_and_mini(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LINLI_WECHAT_APP_ID": "wx1",
        "LINLI_WECHAT_TOKEN": "t1",
        "LINLI_WECHAT_AES_KEY": KEY,
        "LINLI_WECHAT_MODE": "compatible",
        "LINLI_MINI_APP_ID": "wx2",
        "LINLI_MINI_TOKEN": "t2",
        "LINLI_MINI_AES_KEY": KEY,
    }.items():
        monkeypatch.setenv(name, value)
    assert accounts_of(Settings()) == {
        "main": AccountKeys("wx1", "t1", KEY, "compatible", "official"),
        "mini": AccountKeys("wx2", "t2", KEY, "secure", "mini"),
    }


def test_without_tokens_there_is_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINLI_WECHAT_TOKEN", "LINLI_MINI_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert accounts_of(Settings()) == {}


def test_an_account_without_a_token_is_refused() -> None:
    with pytest.raises(ValueError, match="token"):
        AccountKeys("wx1", "")


def test_an_encrypted_account_without_its_appid_is_refused() -> None:
    with pytest.raises(ValueError, match="appid"):
        AccountKeys("", "t", KEY, "secure")


@pytest.mark.parametrize("mode", ["compatible", "secure"])
def test_an_encrypted_account_without_its_key_is_refused(mode) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        AccountKeys("wx1", "t", "", mode)


def test_signatures_are_those_of_the_platform_and_odd_ones_merely_wrong() -> None:
    keys = AccountKeys("wx1", "test")
    theirs = Sender("", token="test").cipher.encrypt_message("a", "17", "nonce")
    parts = {part.tag: part.text or "" for part in ElementTree.fromstring(theirs)}
    assert keys.has_signed(parts["MsgSignature"], "17", "nonce", parts["Encrypt"])
    assert not keys.has_signed(parts["MsgSignature"], "18", "nonce", parts["Encrypt"])
    assert not keys.has_signed("签名", "1", "2")
