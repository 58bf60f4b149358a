"""Is it WeChat, is it fresh, is it for us: from a request to the clear body, and back."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime

from app.wechat.keys import AccountKeys
from app.wechat.refusals import Malformed, NotGenuine, Stale
from app.wechat.tree import Tree, read_tree

FRESH_SECONDS = 600  # to either side: a clock may run fast


def check_handshake(keys: AccountKeys, query: Mapping[str, str], now: datetime) -> str:
    """The echostr to answer with. It comes in clear in every mode."""
    timestamp, nonce = _needed(query, "timestamp"), _needed(query, "nonce")
    _check_fresh(timestamp, now)
    if not keys.has_signed(_needed(query, "signature"), timestamp, nonce):
        raise NotGenuine("wrong signature")
    return _needed(query, "echostr")


def open_push(keys: AccountKeys, query: Mapping[str, str], body: bytes, now: datetime) -> Tree:
    """The elements of the push, proven to come from WeChat and to be meant for this account.

    Where pushes are encrypted only the decrypted body counts. In compatible mode the clear
    fields stand beside it and nothing covers them, so they are not looked at.
    """
    timestamp, nonce = _needed(query, "timestamp"), _needed(query, "nonce")
    _check_fresh(timestamp, now)
    if not keys.is_encrypted:
        if not keys.has_signed(_needed(query, "signature"), timestamp, nonce):
            raise NotGenuine("wrong signature")
        return read_tree(body)
    signature = _needed(query, "msg_signature")
    sealed = read_tree(body).get("Encrypt")
    if not isinstance(sealed, str) or not sealed:
        raise NotGenuine("not encrypted")
    if not keys.has_signed(signature, timestamp, nonce, sealed):
        raise NotGenuine("wrong msg_signature")
    return read_tree(keys.cipher.decrypt(sealed))


def seal_xml(keys: AccountKeys, reply: str, now: datetime) -> str:
    """In compatible mode too, where WeChat takes either: what came sealed leaves sealed."""
    sealed, signature, timestamp, nonce = _sealed(keys, reply, now)
    return (
        f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp>"
        f"<Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    )


def seal_json(keys: AccountKeys, reply: str, now: datetime) -> str:
    sealed, signature, timestamp, nonce = _sealed(keys, reply, now)
    return json.dumps(
        {
            "Encrypt": sealed,
            "MsgSignature": signature,
            "TimeStamp": int(timestamp),
            "Nonce": nonce,
        }
    )


def _sealed(keys: AccountKeys, reply: str, now: datetime) -> tuple[str, str, str, str]:
    sealed = keys.cipher.encrypt(reply)
    timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(8)
    return sealed, keys.sign(timestamp, nonce, sealed), timestamp, nonce


def _needed(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "")
    if not value:
        raise Malformed(f"no {name}")
    return value


def _check_fresh(timestamp: str, now: datetime) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Malformed("timestamp is no number")
    if abs(now.timestamp() - int(timestamp)) > FRESH_SECONDS:
        raise Stale("signed too long ago, or in the future")
