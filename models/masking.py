"""What is hidden in a text before anybody may read it: phones, identity cards, plates, rooms."""

import re
from collections.abc import Callable, Collection

HIDDEN_NAME = "＊＊"
SHORTEST_NAME = 2

Hide = Callable[[str], str]

_HIDDEN = "****"
_IDENTITY = re.compile(r"(?<!\d)(\d{3})\d{14}[\dXx](?!\d)")
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[\s-]?\d{4}[\s-]?(\d{4})(?!\d)")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁"
_PLATE = re.compile(
    rf"([{_PROVINCES}][A-HJ-NP-Za-hj-np-z])[\s·・.]?[A-Za-z0-9]{{4,5}}[A-Za-z0-9学警港澳]"
)
_ROOM_IN_UNIT = re.compile(r"((?:\d+|[一二三四五六七八九十]+)\s*单元\s*)\d{3,4}(?!\d)")
_ROOM_DASHED = re.compile(r"(?<![\d.-])(\d{1,3}(?:-\d{1,2})?-)\d{3,4}(?![\d-])")
_ROOM_NAMED = re.compile(r"(?<!\d)\d{3,4}(?=\s*(?:室|号房|房间))")


def masked(text: str) -> str:
    """Duty phones (landlines, short numbers) stay: they are there to be called."""
    text = _IDENTITY.sub(rf"\1{_HIDDEN}", text)
    text = _MOBILE.sub(rf"\1{_HIDDEN}\2", text)
    text = _PLATE.sub(rf"\1{_HIDDEN}", text)
    text = _ROOM_IN_UNIT.sub(rf"\1{_HIDDEN}", text)
    text = _ROOM_DASHED.sub(rf"\1{_HIDDEN}", text)
    return _ROOM_NAMED.sub(_HIDDEN, text)


def hiding(names: Collection[str]) -> Hide:
    """Masks a text, these names included."""
    hidden = sorted((one for one in names if len(one) >= SHORTEST_NAME), key=len, reverse=True)

    def hide(text: str) -> str:
        for name in hidden:
            text = text.replace(name, HIDDEN_NAME)
        return masked(text)

    return hide
