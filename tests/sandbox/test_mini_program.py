"""The mini-program's pushes: JSON, its own keys, lists as they come, no reply."""

import dataclasses
import hashlib
import json

import pytest
from werobot.crypto import MessageCrypt

from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread

from .conftest import AES_KEY, Receiver

TOKEN = "mini-token"


@pytest.fixture
def with_mini(options, receiver):
    """The options of a sandbox whose mini-program has an address, in plain mode."""
    return dataclasses.replace(options, mini_token=TOKEN, mini_push_url=receiver.url)


@pytest.fixture
def mini_sandbox(with_mini):
    with SandboxThread(with_mini) as thread:
        yield SandboxClient(thread.url)


def pushed(receiver: Receiver) -> list[dict]:
    return [json.loads(arrival.body) for arrival in receiver.arrivals]


def test_a_message_is_pushed_as_signed_json_from_the_mini_openid(mini_sandbox, receiver):
    delivered = mini_sandbox.say_in_mini_program("demo-a", "人工 ]]> 在吗")
    assert (delivered.result, delivered.reply) == ("empty", None)
    query, fields = receiver.arrivals[0].query, pushed(receiver)[0]
    signed = "".join(sorted([TOKEN, query["timestamp"], query["nonce"]]))
    assert query["signature"] == hashlib.sha1(signed.encode()).hexdigest()
    person = mini_sandbox.people()[0]
    assert query["openid"] == fields["FromUserName"] == person["mini_openid"]
    assert (fields["MsgType"], fields["Content"]) == ("text", "人工 ]]> 在吗")
    assert isinstance(fields["MsgId"], int)


def test_entering_the_service_is_an_event(mini_sandbox, receiver):
    mini_sandbox.enter_mini_service("demo-a", "ticket-7")
    fields = pushed(receiver)[0]
    assert (fields["Event"], fields["SessionFrom"]) == ("user_enter_tempsession", "ticket-7")


def test_one_answer_comes_bare_and_two_come_as_a_list(mini_sandbox, receiver):
    mini_sandbox.consent_in_mini_program("demo-a", {"SANDBOX_NOTICE": "accept"})
    answers = {"SANDBOX_NOTICE": "reject", "SANDBOX_TICKET_PROGRESS": "accept"}
    mini_sandbox.consent_in_mini_program("demo-a", answers)
    lists = [fields["List"] for fields in pushed(receiver)]
    # On a busy machine a push that was answered late comes again.
    one, two = (one for at, one in enumerate(lists) if one not in lists[:at])
    assert one["SubscribeStatusString"] == "accept"
    assert [entry["SubscribeStatusString"] for entry in two] == ["reject", "accept"]


def test_with_a_key_its_pushes_are_sealed_for_it_alone(with_mini, receiver):
    keyed = dataclasses.replace(with_mini, mini_aes_key=AES_KEY)
    with SandboxThread(keyed) as thread:
        SandboxClient(thread.url).say_in_mini_program("demo-a", "在吗")
    query, sealed = receiver.arrivals[0].query, pushed(receiver)[0]
    assert set(sealed) == {"ToUserName", "Encrypt"}
    crypt = MessageCrypt(TOKEN, AES_KEY, keyed.mini_app_id)
    keys = (query["timestamp"], query["nonce"], query["msg_signature"])
    assert json.loads(crypt.decrypt_message(*keys, sealed["Encrypt"]))["Content"] == "在吗"


def test_words_in_the_answer_are_refused_and_shown_to_nobody(mini_sandbox, receiver):
    receiver.answer = lambda arrival: '{"MsgType": "text", "Content": "好"}'
    delivered = mini_sandbox.say_in_mini_program("demo-a", "在吗")
    assert delivered.result.startswith("unacceptable")
    assert mini_sandbox.inbox("demo-a") == []


def test_its_silence_is_met_with_three_deliveries(mini_sandbox, receiver):
    receiver.answer = lambda arrival: ("", 503)
    mini_sandbox.say_in_mini_program("demo-a", "在吗")
    assert len({arrival.body for arrival in receiver.arrivals}) == 1
    assert len(receiver.arrivals) == 3
