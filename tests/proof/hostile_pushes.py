"""Requests that no platform would send to us, by what is wrong with them."""

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from app.wechat.envelope import FRESH_SECONDS
from app.wechat.webhook import BODY_BYTES
from tests.bench.town import openid_of
from tests.proof.complaints import Complaint
from tests.wechat.sender import Sender, event_push, text_push, xml_push

Query = dict[str, str]

VICTIM = openid_of(0)
GENUINE = [
    text_push("路灯坏了，3号楼门口，晚上看不见", "4711", VICTIM),
    event_push("subscribe", VICTIM, EventKey="qrscene_b-12", Ticket="t"),
    event_push("subscribe_msg_popup_event", VICTIM, SubscribeMsgPopupEvent={"List": [{"A": "1"}]}),
    xml_push(
        MsgType="location",
        FromUserName=VICTIM,
        MsgId="1",
        CreateTime="1",
        Location_X="23",
        Location_Y="113",
        Label="人民路",
    ),
    '{"ToUserName":"gh","FromUserName":"o-a","CreateTime":1,"MsgType":"text","MsgId":1,'
    '"Content":"路灯坏了"}',
]
PIECES = [
    *(b"<", b">", b"]]>", b"<a>", b"</xml>", b"\x00", b"&a;", b"&#0;", b"}", b"[", b'"', b"<!--"),
    *(
        b"\xff\xfe",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"<?xml version='1.1'?>",
        b"<![CDATA[",
        b"\\ud800",
    ),
]
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = [
    f'<!DOCTYPE xml [<!ENTITY l0 "lol">{_LAUGHS}]><xml><Content>&l9;</Content></xml>',
    '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
    '<!DOCTYPE xml [<!ENTITY % d SYSTEM "http://127.0.0.1:1/d.dtd">%d;]><xml><a>1</a></xml>',
    '<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/d.dtd">' + GENUINE[0],
    f'<!DOCTYPE xml [<!ENTITY q "{"q" * 20_000}">]><xml><a>{"&q;" * 2000}</a></xml>',
    "<xml>" + "<a>" * 5000 + "</a>" * 5000 + "</xml>",
    "<xml>" + "<a/>" * 15_000 + "</xml>",
    "<xml " + " ".join(f'a{n}="{n}"' for n in range(5000)) + "/>",
]
NO_PUSHES = [
    '{"ToUserName":null,"FromUserName":true,"List":[1]}',
    '{"a":' * 20 + "1" + "}" * 20,
    *(
        "{}",
        "[]",
        "null",
        "1",
        "{",
        '{"a":NaN}',
        '{"a":1,"a":2}',
        '{"a":"\\ud800"}',
        '{"a":"\\u0000"}',
    ),
    *(
        '{"a":' * 5000,
        "[" * 60_000,
        '{"a":' + "9" * 60_000 + "}",
        "<xml/>",
        "<html></html>",
        "",
        " ",
    ),
    '{"ToUserName":"g","FromUserName":["o"],"CreateTime":"1","MsgType":"text","MsgId":"1"}',
    '{"ToUserName":"g","FromUserName":"o","CreateTime":1e400,"MsgType":"text","MsgId":"1"}',
    '{"ToUserName":"g","FromUserName":"o","CreateTime":"-1","MsgType":{"a":1},"MsgId":"1"}',
]
CHARSETS = ("gbk", "gb18030", "big5", "utf-16", "utf-16-le", "utf-32", "shift_jis")
NEEDED = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Content")


@dataclass(frozen=True)
class Attack:
    """恶意请求 — its bytes, and the words it must be answered with; none when it is refused."""

    kind: str
    request: bytes
    expected: str | None = None


class Forger:
    """Makes requests as somebody could who knows the token or does not, by chance alone."""

    def __init__(
        self,
        sender: Sender,
        chance: random.Random,
        at: int,
        heard: Sequence[Complaint] = (),
        account: str = "main",
    ) -> None:
        self.sender = sender
        self.chance = chance
        self.at = at
        self.heard = heard
        self.path = f"/wechat/{account}"

    def attack(self) -> Attack:
        kind = self.chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
        return KINDS[kind][1](self, kind)

    def genuine(self) -> str:
        return self.chance.choice(GENUINE)

    def query(self, at: int | None = None) -> Query:
        timestamp, nonce = str(self.at if at is None else at), str(self.chance.randrange(10**9))
        signature = self.sender.sign(timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce}

    def signed(self, body: bytes, at: int | None = None) -> bytes:
        """As the platform signs and seals whatever it has to say."""
        query = self.query(at)
        if self.sender.mode == "plain":
            return request(query, body, self.path)
        return self.enclosed(query, self.sender.cipher.prp_crypto.encrypt(body, self.sender.app_id))

    def enclosed(self, query: Query, sealed: bytes) -> bytes:
        text = sealed.decode("latin-1")
        signature = self.sender.sign(query["timestamp"], query["nonce"], text)
        outer = f"<xml><Encrypt><![CDATA[{text}]]></Encrypt></xml>".encode()
        query = query | {"encrypt_type": "aes", "msg_signature": signature}
        return request(query, outer, self.path)


def request(query: Query, body: bytes, path: str, method: str = "POST") -> bytes:
    head = f"{method} {path}?{urlencode(query)} HTTP/1.1\r\nHost: linli\r\n"
    return f"{head}Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _is_readable(body: bytes) -> bool:
    """By readers that are not ours, and forgive more."""
    try:
        json.loads(body) if body.lstrip()[:1] == b"{" else ElementTree.fromstring(body)
    except (ValueError, ElementTree.ParseError, LookupError):
        return False
    return True


def _mutated(forger: Forger, kind: str) -> Attack:
    body, chance = forger.genuine().encode(), forger.chance
    while _is_readable(body):
        start = chance.randrange(len(body) + 1)
        end = start + chance.choice((0, 1, 9, 400))
        piece = chance.choice((chance.randbytes(4), chance.choice(PIECES)))
        body = body[:start] + piece + body[end:]
    return Attack(kind, forger.signed(body))


def _truncated(forger: Forger, kind: str) -> Attack:
    body = forger.genuine().encode()
    return Attack(kind, forger.signed(body[: forger.chance.randrange(len(body))]))


def _bomb(forger: Forger, kind: str) -> Attack:
    return Attack(kind, forger.signed(forger.chance.choice(BOMBS).encode()))


def _no_push(forger: Forger, kind: str) -> Attack:
    return Attack(kind, forger.signed(forger.chance.choice(NO_PUSHES).encode()))


def _wrong_charset(forger: Forger, kind: str) -> Attack:
    text = text_push("路灯坏了，3号楼门口", str(forger.chance.randrange(10**9)), VICTIM)
    return Attack(kind, forger.signed(text.encode(forger.chance.choice(CHARSETS), "ignore")))


def _without_element(forger: Forger, kind: str) -> Attack:
    """One that must be there is not, or is there twice, or holds another."""
    name = forger.chance.choice(NEEDED)
    text = text_push("路灯坏了", "1", VICTIM)
    start, end = text.index(f"<{name}>"), text.index(f"</{name}>") + len(name) + 3
    whole = text[start:end]
    put = forger.chance.choice(("", whole * 2, f"<{name}><a>1</a></{name}>"))
    return Attack(kind, forger.signed((text[:start] + put + text[end:]).encode()))


def _oversized(forger: Forger, kind: str) -> Attack:
    more = "灯" * (BODY_BYTES // 3 + forger.chance.randrange(BODY_BYTES))
    return Attack(kind, forger.signed(text_push(more, "1", VICTIM).encode()))


def _forged(forger: Forger, kind: str) -> Attack:
    """Of somebody with another token, another key or another account."""
    other = forger.chance.choice(("token", "aes_key", "app_id"))
    if forger.sender.mode == "plain":
        other = "token"
    wrong = hashlib.sha256(forger.chance.randbytes(8)).hexdigest()[:43]
    sender = replace(forger.sender, **{other: wrong})
    stranger = Forger(sender, forger.chance, forger.at, (), forger.path.rpartition("/")[2])
    return Attack(kind, stranger.signed(forger.genuine().encode()))


def _broken_seal(forger: Forger, kind: str) -> Attack:
    """Changed after it was signed, or cut before; plain accounts find no push in either."""
    crypt, query = forger.sender.cipher.prp_crypto, forger.query()
    sealed = crypt.encrypt(forger.genuine(), forger.sender.app_id)
    at = forger.chance.randrange(len(sealed))
    if forger.chance.random() < 0.5:
        return Attack(kind, forger.enclosed(query, sealed[:at]))
    other = forger.chance.choice(b"+/=Az09<\x7f ".replace(sealed[at : at + 1], b""))
    changed = sealed[:at] + bytes([other]) + sealed[at + 1 :]
    return Attack(kind, forger.enclosed(query, sealed).replace(sealed, changed))


def _stale(forger: Forger, kind: str) -> Attack:
    """What was genuine once, or will be."""
    late = forger.chance.choice((-1, 1)) * (FRESH_SECONDS * 2 + forger.chance.randrange(10**6))
    return Attack(kind, forger.signed(forger.genuine().encode(), forger.at + late))


def _strange_query(forger: Forger, kind: str) -> Attack:
    query, name = forger.query(), forger.chance.choice(("signature", "timestamp", "nonce"))
    name = "msg_signature" if forger.sender.mode == "secure" and name == "signature" else name
    query[name] = forger.chance.choice(("", "x" * 4000, "\x00", "灯", "1e9", "-1", "{{7*7}}", "'"))
    return Attack(kind, request(query, forger.genuine().encode(), forger.path))


def _elsewhere(forger: Forger, kind: str) -> Attack:
    accounts = ("", "mini", "nobody", "..", "main/main", "%00", quote("灯"), "a" * 3000, "%ff")
    method = forger.chance.choice(("POST", "POST", "PUT", "DELETE", "PATCH", "X"))
    path = f"/wechat/{forger.chance.choice(accounts)}" if method == "POST" else forger.path
    return Attack(kind, request(forger.query(), forger.genuine().encode(), path, method))


def _replayed(forger: Forger, kind: str) -> Attack:
    """A genuine push again: the platform does so itself, and is told the same."""
    one = forger.chance.choice(forger.heard)
    return Attack(kind, forger.signed(push_of(one)), one.answers[0])


def push_of(complaint: Complaint) -> bytes:
    text = text_push(complaint.text, complaint.key, complaint.openid, complaint.sent_at)
    return text.encode()


# How many of a hundred are of a kind, and what makes one.
KINDS: dict[str, tuple[float, Callable[[Forger, str], Attack]]] = {
    "mutated": (30, _mutated),
    "truncated": (8, _truncated),
    "bomb": (4, _bomb),
    "no_push": (8, _no_push),
    "wrong_charset": (8, _wrong_charset),
    "without_element": (10, _without_element),
    "oversized": (1, _oversized),
    "forged": (10, _forged),
    "broken_seal": (6, _broken_seal),
    "stale": (5, _stale),
    "strange_query": (4, _strange_query),
    "elsewhere": (4, _elsewhere),
    "replayed": (2, _replayed),
}
