"""The XML of pushes and replies."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

# Characters XML cannot hold, lone surrogates among them; the platform leaves them out.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Malformed(Exception):
    """Not the XML WeChat speaks."""


def write(fields: Mapping[str, Any]) -> bytes:
    """`<xml>` with text in CDATA, numbers bare, a list as repeated elements."""
    return f"<xml>{_elements(fields)}</xml>".encode()


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_content(item)}</{name}>"
        for name, value in fields.items()
        for item in (value if isinstance(value, list) else [value])
    )


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, int | float):
        return str(value)
    text = NOT_XML.sub("", str(value))
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def read(body: bytes) -> dict[str, Any]:
    """The fields of an `<xml>` document; repeated elements become a list."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Malformed("document type declarations are not part of the protocol")
    try:
        root = ElementTree.fromstring(body)
        fields = _fields(root)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if root.tag != "xml" or not isinstance(fields, dict):
        raise Malformed("the root is not <xml> with elements")
    return fields


def _fields(element: ElementTree.Element) -> Any:
    if not len(element):
        return element.text or ""
    fields: dict[str, Any] = {}
    for child in element:
        value = _fields(child)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields
