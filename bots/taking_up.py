"""What was kept of a push that nothing was made of, read again as it came."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bots.accusation import accused
from bots.dialogue import Heard
from bots.message import EventKind, IncomingMessage, MessageKind
from models.tickets.table import About


def message_of(kept: Mapping[str, Any]) -> IncomingMessage:
    """The push itself, from the plain data it was kept as."""
    event = kept.get("event")
    return IncomingMessage(
        **{
            **kept,
            "kind": MessageKind(kept["kind"]),
            "event": EventKind(event) if event else None,
            "sent_at": datetime.fromisoformat(kept["sent_at"]),
        }
    )


def about(heard: Heard) -> About | None:
    """Whom its words complain about, as a ticket of them would say."""
    return accused(heard.text, heard.understanding) if heard.understanding else None
