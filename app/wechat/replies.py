"""A reply's text → the body that WeChat reads."""

import json
import re

TEXT_BYTES = 2048  # not documented; longer texts are dropped by the platform
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
CDATA_SPLIT = "]]]]><![CDATA[>"


def fit(text: str, limit: int = TEXT_BYTES, ending: str = "…") -> str:
    """No more than `limit` bytes, cut between characters, with an ending that admits the cut."""
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    content = text.encode()
    if len(content) <= limit:
        return text
    return content[: limit - len(ending.encode())].decode(errors="ignore") + ending


def text_xml(to: str, sender: str, created_at: int, text: str) -> str:
    return (
        f"<xml><ToUserName>{_cdata(to)}</ToUserName>"
        f"<FromUserName>{_cdata(sender)}</FromUserName>"
        f"<CreateTime>{created_at}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{_cdata(text)}</Content></xml>"
    )


def text_json(to: str, sender: str, created_at: int, text: str) -> str:
    return json.dumps(
        {
            "ToUserName": to,
            "FromUserName": sender,
            "CreateTime": created_at,
            "MsgType": "text",
            "Content": text,
        },
        ensure_ascii=False,
    )


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', CDATA_SPLIT)}]]>"
