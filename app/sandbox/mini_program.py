"""What a person does in the mini-program: visits, writes to its service, answers popups."""

from collections.abc import Mapping
from typing import Any

from app.sandbox import allowances, consents, people, received
from app.sandbox.platform import Platform
from app.sandbox.push import Outcome, deliver


def visit(platform: Platform, openid: str) -> None:
    """Opens the mini-program."""
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        db.execute(
            "UPDATE people SET mini_used_at = ? WHERE openid = ?",
            (platform.now(), person["openid"]),
        )


def enter_service(platform: Platform, openid: str, session_from: str = "") -> Outcome | None:
    """Opens its customer service, which may then write two messages within a minute."""
    fields = {"Event": "user_enter_tempsession", "SessionFrom": session_from}
    return _push(platform, openid, "event", fields, "enter")


def say(platform: Platform, openid: str, text: str) -> Outcome | None:
    """Writes to its customer service."""
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        nth = person["messages"] + 1
        db.execute("UPDATE people SET messages = ? WHERE openid = ?", (nth, person["openid"]))
        sent = received.Message("sent", "text", text, {"Content": text})
        received.record(db, person["openid"], platform.now(), sent)
    fields = {"Content": text, "MsgId": platform.msg_id(nth)}
    return _push(platform, openid, "text", fields, "message")


def answer_popup(
    platform: Platform, openid: str, answers: Mapping[str, str], number: int = consents.ONE_TIME
) -> Outcome | None:
    """Answers a request for subscriptions; one entry is pushed bare, more come as a list."""
    consents.keep(platform, openid, platform.options.mini_app_id, answers, number)
    items = [
        {"TemplateId": template_id, "SubscribeStatusString": answer, "PopupScene": "0"}
        for template_id, answer in answers.items()
    ]
    entries = items if len(items) > 1 else items[0]
    fields = {"Event": "subscribe_msg_popup_event", "List": entries}
    return _push(platform, openid, "event", fields)


def _push(
    platform: Platform, openid: str, type_: str, fields: Mapping[str, Any], renews: str = ""
) -> Outcome | None:
    """None when the mini-program has no address to push to."""
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        at = platform.now()
        if renews:
            app_id = platform.options.mini_app_id
            allowances.act_in_mini_program(db, person["openid"], app_id, renews, at)
    if not platform.options.mini_push_url:
        return None
    head = {
        "ToUserName": platform.options.mini_name,
        "FromUserName": person["mini_openid"],
        "CreateTime": int(at),
        "MsgType": type_,
    }
    return deliver(platform, platform.mini_program, person["openid"], head | dict(fields))
