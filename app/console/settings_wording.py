"""The sentences 消息模板: found by name or words, edited under the rules of bots.drafts."""

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Setting, Subject, offer
from bots import wording
from models.errors import NotFound
from models.policies import ITEM


class Sentence(Setting):
    """消息模板 — one template, as a text."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{wording.POLICY}{ITEM}{name}", name)
        self.template = name

    def draft_of(self, body: Body) -> Draft:
        return {"text": body.get("text") or wording.text_as_shipped(self.template)}

    def body_in(self, session: Session, draft: Draft) -> Body:
        text = draft.get("text", "").rstrip()
        return {} if text == wording.text_as_shipped(self.template) else {"text": text}

    def lines(self, body: Body) -> list[str]:
        return self.draft_of(body)["text"].split("\n")


def _sentence(desk: Desk, session: Session, item: str, area_id: int | None) -> Sentence:
    if item not in wording.names():
        raise NotFound(item)
    return Sentence(item)


offer(Subject(wording.POLICY, _sentence))
