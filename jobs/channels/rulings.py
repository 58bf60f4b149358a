"""What an errcode of the platform means for us; the table is config/channels.toml."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from config.policy import load


class Action(StrEnum):
    """处置 — what the sender does about an errcode."""

    OK = "ok"
    TREAT_AS_SENT = "treat_as_sent"
    IGNORE = "ignore"
    RETRY = "retry"
    NEXT_MINUTE = "next_minute"
    REFRESH_TOKEN = "refresh_token"
    STOP_API_UNTIL_MIDNIGHT = "stop_api_until_midnight"
    STOP_API = "stop_api"
    STOP_ACCOUNT = "stop_account"
    MARK_UNSUBSCRIBED = "mark_unsubscribed"
    MARK_REFUSES = "mark_refuses"
    CLEAR_CONSENT = "clear_consent"
    CLOSE_WINDOW = "close_window"
    HOLD = "hold"
    TEXT_MENU = "text_menu"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A row of the table."""

    action: Action
    needs_person: bool
    means: str


UNKNOWN = Ruling(Action.PERMANENT, True, "errcode without a rule")


def ruling(errcode: int) -> Ruling:
    return rulings().get(errcode, UNKNOWN)


@cache
def rulings() -> dict[int, Ruling]:
    """Errcode → ruling. A code listed twice is a mistake in the file."""
    table: dict[int, Ruling] = {}
    for row in load("channels")["wechat"]["rules"]:
        rule = Ruling(Action(row["action"]), row.get("alert", False), row["means"])
        for code in row["codes"]:
            if code in table:
                raise ValueError(f"channels.toml: errcode {code} has two rules")
            table[code] = rule
    return table
