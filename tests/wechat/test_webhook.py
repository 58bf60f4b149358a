"""The door over real HTTP: three modes, one row a message, refusals that keep nothing."""

from .door import Door
from .sender import text_push


def test_first(either_door: Door) -> None:
    for mode in ("plain", "compatible", "secure"):
        sender = either_door.sender(mode)
        response = sender.push(text_push("灯坏了", mode), either_door.at)
        assert response.status_code == 200, response.text
        assert "灯坏了"[::-1] in sender.said(response)
    assert len(either_door.rows()) == 3
