"""How the platform says no: HTTP 200 with an errcode and a request id."""

from typing import Any


class Refused(Exception):
    """A call the platform declines, by one of its published codes."""

    def __init__(self, errcode: int, text: str, **more: Any) -> None:
        super().__init__(errcode, text)
        self.errcode = errcode
        self.text = text
        self.more = more

    def answer(self, request_id: str) -> dict[str, Any]:
        return {"errcode": self.errcode, "errmsg": f"{self.text} {request_id}", **self.more}
