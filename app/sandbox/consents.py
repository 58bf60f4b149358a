"""Consents to subscription notices: given and refused in popups, used up by sending."""

import sqlite3
from collections.abc import Mapping

from app.sandbox import actions, people
from app.sandbox.platform import Platform
from app.sandbox.push import Outcome

ONE_TIME = 1
LONG_TERM = 1_000_000_000
MOST_IN_A_POPUP = 5


def agree(db: sqlite3.Connection, openid: str, app_id: str, template_id: str, number: int) -> None:
    """`number` more messages of a template may be sent."""
    db.execute(
        "INSERT INTO consents VALUES (?, ?, ?, ?) ON CONFLICT (openid, app_id, template_id)"
        " DO UPDATE SET remaining = remaining + excluded.remaining",
        (openid, app_id, template_id, number),
    )


def use(db: sqlite3.Connection, openid: str, app_id: str, template_id: str) -> bool:
    """Takes one consent; false when there is none."""
    cursor = db.execute(
        "UPDATE consents SET remaining = remaining - 1"
        " WHERE openid = ? AND app_id = ? AND template_id = ? AND remaining > 0",
        (openid, app_id, template_id),
    )
    return cursor.rowcount > 0


def answer_popup(
    platform: Platform, openid: str, answers: Mapping[str, str], number: int = ONE_TIME
) -> Outcome:
    """The person answers the account's popup, template by template: accept or reject."""
    keep(platform, openid, platform.options.app_id, answers, number)
    items = [
        {"TemplateId": template_id, "SubscribeStatusString": answer, "PopupScene": 1}
        for template_id, answer in answers.items()
    ]
    fields = {"SubscribeMsgPopupEvent": {"List": items}}
    return actions.event(platform, openid, "subscribe_msg_popup_event", fields)


def turn_off(platform: Platform, openid: str, template_id: str) -> Outcome:
    """The person refuses a template for good in the account's settings."""
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        db.execute(
            "DELETE FROM consents WHERE openid = ? AND app_id = ? AND template_id = ?",
            (person["openid"], platform.options.app_id, template_id),
        )
    item = {"TemplateId": template_id, "SubscribeStatusString": "reject"}
    fields = {"SubscribeMsgChangeEvent": {"List": item}}
    return actions.event(platform, openid, "subscribe_msg_change_event", fields)


def keep(
    platform: Platform, openid: str, app_id: str, answers: Mapping[str, str], number: int
) -> None:
    """Remembers what was accepted, for one of the accounts."""
    if not 1 <= len(answers) <= MOST_IN_A_POPUP or set(answers.values()) - {"accept", "reject"}:
        raise ValueError("one to five templates, each accept or reject")
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        for template_id, answer in answers.items():
            if answer == "accept":
                agree(db, person["openid"], app_id, template_id, number)
