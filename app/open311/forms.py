"""One content in the two forms of Open311: JSON, and XML that anybody can read, whatever it is."""

import json
import re
from typing import Any
from xml.etree import ElementTree

from flask import Response

JSON, XML = "json", "xml"
TYPES = {JSON: "application/json; charset=utf-8", XML: "text/xml; charset=utf-8"}

# How the standard calls one member of each list.
MEMBERS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
# All that XML 1.0 has no way to say, not even escaped.
_UNSAYABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def answer(form: str, root: str, content: Any, status: int = 200) -> Response:
    """`root` is the outermost element of XML; JSON has none."""
    plain = sayable(content)
    body = _json(plain) if form == JSON else _xml(root, plain)
    return Response(body, status, content_type=TYPES[form])


def sayable(content: Any) -> Any:
    """The same in both forms: what one of them can not hold is in neither."""
    if isinstance(content, str):
        return _UNSAYABLE.sub("", content.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(content, list):
        return [sayable(one) for one in content]
    if isinstance(content, dict):
        return {name: sayable(value) for name, value in content.items()}
    return content


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _xml(root: str, content: Any) -> bytes:
    tree = _element(root, content)
    body: bytes = ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True)
    return body


def _element(tag: str, content: Any) -> ElementTree.Element:
    made = ElementTree.Element(tag)
    if isinstance(content, list):
        made.extend(_element(MEMBERS[tag], one) for one in content)
    elif isinstance(content, dict):
        made.extend(_element(name, value) for name, value in content.items())
    elif content is not None:
        made.text = str(content).lower() if isinstance(content, bool) else str(content)
    return made
