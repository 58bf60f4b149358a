"""A WeChat of our own to push with. Its cipher is WeRoBot's, so it can not share our mistakes."""

import hashlib
import json
import random
import warnings
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.etree import ElementTree

import requests

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports the whole robot, which is older than our Python
    from werobot.crypto import MessageCrypt

SERVICE = "gh_linli"
OPENID = "o-resident-a"
Mode = Literal["plain", "compatible", "secure"]


@dataclass
class Sender:
    """微信 — pushes to one address in one mode, and reads what comes back."""

    address: str
    token: str = "door-token"
    app_id: str = "wx0000000000000001"
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    mode: Mode = "plain"
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def cipher(self) -> MessageCrypt:
        return MessageCrypt(self.token, self.aes_key, self.app_id)

    def sign(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted((self.token, *parts))).encode()).hexdigest()

    def query(self, at: int, openid: str | None = None) -> dict[str, str]:
        timestamp, nonce = str(at), str(random.randrange(10**9))
        named = {"openid": openid} if openid else {}
        signature = self.sign(timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce, **named}

    def shake_hands(self, at: int, echo: str = "4711") -> requests.Response:
        query = self.query(at) | {"echostr": echo}
        return self.session.get(self.address, params=query, timeout=20)

    def push(self, body: str, at: int, openid: str | None = None) -> requests.Response:
        query = self.query(at, openid)
        if self.mode != "plain":
            query, body = self.sealed(query, body)
        return self.post(query, body.encode())

    def post(self, query: dict[str, str], body: bytes) -> requests.Response:
        return self.session.post(self.address, params=query, data=body, timeout=20)

    def sealed(self, query: dict[str, str], body: str) -> tuple[dict[str, str], str]:
        """The query and body of an encrypted push; compatible mode leaves the clear fields."""
        sealed = self.cipher.prp_crypto.encrypt(body, self.app_id).decode()
        signature = self.sign(query["timestamp"], query["nonce"], sealed)
        query = query | {"encrypt_type": "aes", "msg_signature": signature}
        if body.startswith("{"):
            clear = json.loads(body) if self.mode == "compatible" else {"ToUserName": SERVICE}
            return query, json.dumps(clear | {"Encrypt": sealed})
        clear_xml = (
            body.removeprefix("<xml>").removesuffix("</xml>")
            if self.mode == "compatible"
            else f"<ToUserName><![CDATA[{SERVICE}]]></ToUserName>"
        )
        return query, f"<xml>{clear_xml}<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"

    def opened(self, response: requests.Response) -> str:
        """The clear reply; `success` and plain replies are clear already."""
        if self.mode == "plain" or response.text == "success":
            return response.text
        if response.text.startswith("{"):
            parts = json.loads(response.text)
        else:
            parts = {part.tag: part.text for part in ElementTree.fromstring(response.text)}
        return self.cipher.decrypt_message(
            str(parts["TimeStamp"]), parts["Nonce"], parts["MsgSignature"], parts["Encrypt"]
        ).decode()

    def said(self, response: requests.Response) -> str:
        """The words a person would see, or `success`."""
        clear = self.opened(response)
        if clear == "success":
            return clear
        if clear.startswith("{"):
            return json.loads(clear)["Content"]
        return ElementTree.fromstring(clear).findtext("Content") or ""


def text_push(content: str, msg_id: str = "1", openid: str = OPENID, at: int = 1) -> str:
    return xml_push(
        MsgType="text", Content=content, MsgId=msg_id, FromUserName=openid, CreateTime=str(at)
    )


def event_push(event: str, openid: str = OPENID, at: int = 1, **elements: Any) -> str:
    return xml_push(
        MsgType="event", Event=event, FromUserName=openid, CreateTime=str(at), **elements
    )


def xml_push(**elements: Any) -> str:
    """A push as WeChat writes it: ToUserName first, everything in CDATA, lists repeated."""
    return _element("xml", {"ToUserName": SERVICE, "FromUserName": OPENID} | elements)


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        inner = "".join(_element(key, item) for key, item in value.items())
        return f"<{name}>{inner}</{name}>"
    return f"<{name}><![CDATA[{value}]]></{name}>"
