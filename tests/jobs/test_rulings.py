"""Every errcode of the table, answered by a platform over HTTP, and what we make of it."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from jobs.channels.rulings import Action, ruling, rulings
from jobs.channels.settling import AFTER_REFUSAL
from models import consents
from models.accounts import ApiStop, resume
from models.outbox import Channel, Delivery, OutboxMessage
from tests.jobs.town import NOON, Neighbour, Town

NOTICE = "SANDBOX_NOTICE"
CUSTOM = "/cgi-bin/message/custom/send"
BIZSEND = "/cgi-bin/message/subscribe/bizsend"
NEEDED = {  # the table of WECHAT.md, so that no code is lost from the file
    *(-1, 0, 40001, 40014, 42001, 40003, 40013, 40125, 40243, 40029, 40163, 40037, 41030),
    *(47003, 40164, 40200, 43004, 50005, 43019, 48002, 43101, 44002, 44004, 45002, 45008),
    *(45009, 45011, 45015, 45047, 45028, 45065, 45066, 45072, 45080, 45081, 47001, 48001),
    *(48003, 48004, 48006, 48008, 50002, 61450, 65320, 87014, *range(65301, 65318)),
}
SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

Check = Callable[[Town, Neighbour, OutboxMessage], bool]


def is_sent(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return (message.state, message.channel) == (Delivery.SENT, Channel.CUSTOM)


def is_sent_otherwise(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return (message.state, message.channel) == (Delivery.SENT, Channel.TEMPLATE)


def is_sent_while_the_api_rests(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return stopped(town) == [CUSTOM] and is_sent_otherwise(town, whom, message)


def waits(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return message.state is Delivery.QUEUED and message.not_before > NOON


def waits_for_the_account(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return stopped(town) == [""] and message.state is Delivery.QUEUED and message.attempts == 0


def is_held_for_an_unsubscribed(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return message.state is Delivery.HELD and not town.identity(whom).is_following


def is_held_for_one_who_refuses(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return message.state is Delivery.HELD and town.identity(whom).refuses


def consent_is_gone(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    with town.store.reading() as session:
        left = session.get(consents.SubscriptionConsent, (whom.identity_id, NOTICE))
    return left is None and is_sent_otherwise(town, whom, message)


def window_is_closed(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return town.identity(whom).window_left == 0 and is_sent_otherwise(town, whom, message)


def is_held(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return message.state is Delivery.HELD and town.identity(whom).window_left == 5


def has_failed(town: Town, whom: Neighbour, message: OutboxMessage) -> bool:
    return message.state is Delivery.FAILED and message.errcode is not None


EXPECTED: dict[Action, Check] = {
    Action.OK: is_sent,
    Action.TREAT_AS_SENT: is_sent,
    Action.IGNORE: is_sent,
    Action.REFRESH_TOKEN: is_sent,
    Action.RETRY: waits,
    Action.NEXT_MINUTE: is_sent_while_the_api_rests,
    Action.STOP_API: is_sent_while_the_api_rests,
    Action.STOP_API_UNTIL_MIDNIGHT: is_sent_while_the_api_rests,
    Action.STOP_ACCOUNT: waits_for_the_account,
    Action.MARK_UNSUBSCRIBED: is_held_for_an_unsubscribed,
    Action.MARK_REFUSES: is_held_for_one_who_refuses,
    Action.CLEAR_CONSENT: consent_is_gone,
    Action.CLOSE_WINDOW: window_is_closed,
    Action.HOLD: is_held,
    Action.TEXT_MENU: is_held,
    Action.PERMANENT: has_failed,
}


def stopped(town: Town) -> list[str]:
    with town.store.reading() as session:
        return list(session.scalars(select(ApiStop.api)))


def test_every_code_of_the_table_has_a_rule_and_every_rule_a_consequence() -> None:
    assert set(rulings()) >= NEEDED
    assert set(EXPECTED) == set(Action)
    assert set(AFTER_REFUSAL) == set(Action) - {Action.OK, Action.TREAT_AS_SENT, Action.IGNORE}


@SQLITE
@pytest.mark.parametrize("action", Action)
def test_each_code_has_its_consequence(town: Town, action: Action) -> None:
    codes = [code for code, rule in rulings().items() if rule.action is action]
    assert codes
    for code in codes:
        whom = town.neighbour()
        path = BIZSEND if action is Action.CLEAR_CONSENT else CUSTOM
        if action is Action.CLEAR_CONSENT:
            with town.store.writing() as session:
                consents.grant(session, whom.identity_id, NOTICE)
            town.close_window(whom)
        town.wechat.advance(31)  # a token may be forced twice a minute
        town.fail("errcode", path, code)
        message = town.send(town.queue(whom))
        assert EXPECTED[action](town, whom, message), (code, message.state, message.reason)
        town.wechat.clear_faults()
        with town.store.writing() as session:
            resume(session, "main")


@SQLITE
def test_a_code_nobody_has_heard_of_fails_and_calls_for_a_person(town: Town) -> None:
    whom = town.neighbour()
    town.fail("errcode", CUSTOM, 99999)
    with capture_logs() as logs:
        message = town.send(town.queue(whom))
    assert (message.state, message.errcode) == (Delivery.FAILED, 99999)
    assert ruling(99999).needs_person
    assert [line["errcode"] for line in logs if line["event"] == "alert"] == [99999]
