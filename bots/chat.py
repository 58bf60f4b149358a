"""What a handler works with: who speaks, what came, and the words to go back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bots.message import IncomingMessage, Reply
from bots.splitting import Part
from bots.understand import Understanding
from config.categories import Urgency
from models import conversations, waiting
from models.speakers import Speaker


@dataclass(slots=True)
class Chat:
    """对话 — one message of one person under way, inside the transaction that answers it."""

    session: Session
    speaker: Speaker
    message: IncomingMessage
    understanding: Understanding | None
    text: str  # normalised
    now: datetime
    parts: tuple[Part, ...] = ()  # several matters in one message
    things: frozenset[str] = frozenset()  # that the words name
    is_plain: bool = False  # the words are a matter or a question, unless they answer one of ours
    has_asked: bool = False  # a question goes back with the reply
    answered_id: int | None = None  # the question that was answered

    @property
    def person_id(self) -> int:
        return self.speaker.person_id

    @property
    def account(self) -> str:
        return self.speaker.account

    @property
    def is_alarm(self) -> bool:
        """Danger to life is never taken for an answer to a question."""
        meant = self.understanding
        return meant is not None and meant.urgency == Urgency.EMERGENCY

    @property
    def said(self) -> str:
        """The words as they were written or spoken."""
        return (self.message.text or self.message.recognition or "").strip()

    def as_said(self, text: str) -> str:
        """The end of what was said in the person's own spelling, where it can be told."""
        said = self.said
        is_end = bool(text) and len(said) == len(self.text) and self.text.endswith(text)
        return said[-len(text) :] if is_end else text

    def say(self, template: str, **context: Any) -> Reply:
        return Reply(template, context)

    def ask(
        self,
        kind: str,
        template: str,
        *,
        keep: dict[str, Any] | None = None,
        on_ticket: int | None = None,
        hours: float = conversations.QUESTION_HOURS,
        **context: Any,
    ) -> Reply:
        """A reply that asks; the next fitting answer goes to the question handler `kind`.

        What was asked about another ticket waits meanwhile.
        """
        self.has_asked = True
        if self.speaker.has_questions:
            waiting.park(self.session, self.person_id, on_ticket, self.now)
        conversations.ask(
            self.session,
            self.person_id,
            kind,
            keep or {},
            self.now,
            ticket_id=on_ticket,
            hours=hours,
        )
        return Reply(template, {"ticket_id": on_ticket} | context)
