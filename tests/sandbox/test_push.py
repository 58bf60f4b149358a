"""Pushes: signatures, three modes, five seconds, three deliveries, replies checked."""

import dataclasses
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import wechatpy.crypto
from flask import Response
from werobot.crypto import MessageCrypt

from app.sandbox.client import SandboxClient

from .conftest import AES_KEY, Arrival, Receiver, fields_of, text_reply

UNAVAILABLE = "该公众号暂时无法提供服务，请稍后再试"
TOKEN = "push-token"
APP_ID = "wxa1b2c3d4e5f60718"


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal(plain: str, arrival: Arrival) -> str:
    crypt = wechatpy.crypto.WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    return crypt.encrypt_message(plain, arrival.query["nonce"], arrival.query["timestamp"])


def test_the_address_is_accepted_when_it_echoes(sandbox):
    assert sandbox.handshake("123456")


def test_a_plain_push_is_signed_and_its_reply_reaches_the_person(sandbox, receiver):
    receiver.replies("收到，编号 1001")
    delivered = sandbox.say("demo-resident-1", "地下车库 ]]> 有僵尸车")
    query, fields = receiver.arrivals[0].query, receiver.arrivals[0].fields
    assert query["signature"] == sha1(TOKEN, query["timestamp"], query["nonce"])
    assert abs(int(query["timestamp"]) - time.time()) < 5
    assert query["openid"] == fields["FromUserName"] == "demo-resident-1"
    assert fields["Content"] == "地下车库 ]]> 有僵尸车"
    assert fields["MsgType"] == "text"
    assert (delivered.status, delivered.reply_text) == (200, "收到，编号 1001")
    assert [item["text"] for item in sandbox.inbox("demo-resident-1")] == ["收到，编号 1001"]


def test_secure_pushes_open_with_two_independent_ciphers(sandbox, receiver):
    sandbox.use_mode("secure")
    sandbox.say("demo-resident-1", "物业费涨了")
    arrival = receiver.arrivals[0]
    query, sealed = arrival.query, arrival.fields
    assert set(sealed) == {"ToUserName", "Encrypt"}
    assert query["encrypt_type"] == "aes"
    keys = (query["timestamp"], query["nonce"], query["msg_signature"])
    by_werobot = MessageCrypt(TOKEN, AES_KEY, APP_ID).decrypt_message(*keys, sealed["Encrypt"])
    by_wechatpy = wechatpy.crypto.WeChatCrypto(TOKEN, AES_KEY, APP_ID).decrypt_message(
        arrival.body, keys[2], keys[0], keys[1]
    )
    assert fields_of(by_werobot) == fields_of(by_wechatpy.encode())
    assert fields_of(by_werobot)["Content"] == "物业费涨了"


def test_a_secure_reply_sealed_by_another_library_is_read(sandbox, receiver):
    sandbox.use_mode("secure")
    crypt = wechatpy.crypto.WeChatCrypto(TOKEN, AES_KEY, APP_ID)

    def answer(arrival: Arrival) -> Response:
        query = arrival.query
        clear = crypt.decrypt_message(
            arrival.body, query["msg_signature"], query["timestamp"], query["nonce"]
        )
        return Response(seal(text_reply(fields_of(clear.encode()), "已派单"), arrival))

    receiver.answer = answer
    assert sandbox.say("demo-resident-1", "路灯坏了").reply_text == "已派单"


def test_compatible_mode_sends_clear_and_sealed_fields(sandbox, receiver):
    sandbox.use_mode("compatible")
    receiver.replies("好")
    assert sandbox.say("demo-resident-1", "电梯停了").reply_text == "好"
    arrival = receiver.arrivals[0]
    assert arrival.fields["Content"] == "电梯停了"
    sealed = arrival.fields["Encrypt"]
    query = arrival.query
    assert query["msg_signature"] == sha1(TOKEN, query["timestamp"], query["nonce"], sealed)


@pytest.mark.parametrize("mode", ["plain", "compatible"])
def test_text_that_looks_like_the_envelope_stays_text(sandbox, receiver, mode):
    sandbox.use_mode(mode)
    sandbox.say("demo-a", "</xml><Encrypt>]]>&\x00\x0b")
    assert receiver.arrivals[0].fields["Content"] == "</xml><Encrypt>]]>&"


def test_secure_mode_does_not_take_a_clear_reply(sandbox, receiver):
    sandbox.use_mode("secure")
    receiver.answer = lambda arrival: text_reply(
        {"FromUserName": "demo-resident-1", "ToUserName": "gh_linli_sandbox"}, "明文"
    )
    delivered = sandbox.say("demo-resident-1", "你好")
    assert delivered.reply is None
    assert sandbox.inbox("demo-resident-1")[-1]["text"] == UNAVAILABLE


@pytest.mark.parametrize(
    "answer",
    [
        '{"errcode": 0}',
        "<xml><ToUserName>",
        "<!DOCTYPE x><xml><MsgType>text</MsgType></xml>",
        text_reply({"FromUserName": "someone-else", "ToUserName": "gh_linli_sandbox"}, "好"),
        text_reply({"FromUserName": "demo-a", "ToUserName": "gh_linli_sandbox"}, "字" * 683),
        text_reply({"FromUserName": "demo-a", "ToUserName": "gh_linli_sandbox"}, ""),
    ],
)
def test_garbage_is_not_repeated_but_shown_as_out_of_service(sandbox, receiver, answer):
    receiver.answer = lambda arrival: answer
    delivered = sandbox.say("demo-a", "你好")
    assert len(delivered.attempts) == 1
    assert delivered.result.startswith("unacceptable")
    assert sandbox.inbox("demo-a")[-1]["text"] == UNAVAILABLE


def test_a_text_of_exactly_2048_bytes_passes(sandbox, receiver):
    receiver.replies("字" * 682 + "ab")
    assert len(sandbox.say("demo-a", "你好").reply_text.encode()) == 2048


@pytest.mark.parametrize("answer", ["success", ""])
def test_success_and_an_empty_body_say_nothing_and_stop_retries(sandbox, receiver, answer):
    receiver.answer = lambda arrival: answer
    assert sandbox.say("demo-a", "你好").result == "empty"
    assert len(receiver.arrivals) == 1
    assert sandbox.inbox("demo-a") == []


def test_a_silent_product_is_asked_three_times_with_equal_bodies(sandbox, receiver):
    receiver.answer = lambda arrival: time.sleep(0.8) or "success"
    delivered = sandbox.say("demo-a", "你好")
    assert [attempt["status"] for attempt in delivered.attempts] == [0, 0, 0]
    assert len({arrival.body for arrival in receiver.arrivals}) == 1
    assert len({arrival.query["nonce"] for arrival in receiver.arrivals}) == 3
    assert sandbox.inbox("demo-a")[-1]["text"] == UNAVAILABLE


def test_a_reply_that_drips_in_is_cut_off_at_the_limit(sandbox, receiver):
    def drip():
        for _ in range(20):
            time.sleep(0.1)
            yield b" "

    receiver.answer = lambda arrival: Response(drip())
    delivered = sandbox.say("demo-a", "你好")
    assert [attempt["status"] for attempt in delivered.attempts] == [0, 0, 0]
    assert all(attempt["ms"] < 900 for attempt in delivered.attempts)


def test_an_error_status_is_repeated_and_the_second_answer_counts(sandbox, receiver):
    def answer(arrival: Arrival) -> Response:
        if len(receiver.arrivals) == 1:
            return Response(status=503)
        return Response(text_reply(arrival.fields, "第二次"))

    receiver.answer = answer
    delivered = sandbox.say("demo-a", "你好")
    assert [attempt["status"] for attempt in delivered.attempts] == [503, 200]
    assert delivered.reply_text == "第二次"


def test_secure_retries_repeat_the_same_ciphertext(sandbox, receiver):
    sandbox.use_mode("secure")
    receiver.answer = lambda arrival: Response(status=500)
    sandbox.say("demo-a", "你好")
    assert len({arrival.body for arrival in receiver.arrivals}) == 1


def test_message_ids_are_unique_for_a_sender_and_shared_between_senders(sandbox, receiver):
    for openid in ("demo-a", "demo-a", "demo-b"):
        sandbox.say(openid, "你好")
    first, second, other = (arrival.fields["MsgId"] for arrival in receiver.arrivals)
    assert first != second
    assert first == other


def test_an_unreachable_product_leaves_the_regret_and_a_record(sandbox):
    sandbox.push_to("http://127.0.0.1:9/wechat/main")
    delivered = sandbox.say("demo-a", "你好")
    assert delivered.result == "failed"
    assert sandbox.pushes()[-1]["status"] == "failed"
    assert sandbox.inbox("demo-a")[-1]["kind"] == "notice"


def test_duplicates_arrive_at_once_and_one_reply_is_shown(sandbox, receiver):
    receiver.replies("好")
    sandbox.fault("duplicate", value=4, times=1)
    delivered = sandbox.say("demo-a", "你好")
    assert len(delivered.attempts) == len(receiver.arrivals) == 4
    assert len({arrival.body for arrival in receiver.arrivals}) == 1
    assert len(sandbox.inbox("demo-a")) == 1


def test_a_push_dropped_after_the_work_is_delivered_again(sandbox, receiver):
    receiver.replies("好")
    sandbox.fault("drop_after", times=1)
    delivered = sandbox.say("demo-a", "你好")
    assert [attempt["trouble"] for attempt in delivered.attempts] == ["drop_after", ""]
    assert len(receiver.arrivals) == 2


def test_a_push_dropped_before_never_arrives_that_time(sandbox, receiver: Receiver):
    sandbox.fault("drop_before", times=2)
    sandbox.say("demo-a", "你好")
    assert len(receiver.arrivals) == 1


def test_an_event_nobody_sees_shows_neither_reply_nor_regret(sandbox, receiver):
    receiver.replies("再见")
    sandbox.unsubscribe("demo-a")
    receiver.answer = lambda arrival: Response(status=500)
    sandbox.unsubscribe("demo-a")
    assert sandbox.inbox("demo-a") == []


def test_without_a_key_only_plain_mode_can_be_chosen(options, sandbox):
    with pytest.raises(ValueError, match="EncodingAESKey"):
        dataclasses.replace(options, aes_key="short", mode="secure")
    sandbox.use_mode("secure")


def test_many_people_at_once_each_get_their_own_reply(sandbox, receiver):
    receiver.answer = lambda arrival: Response(
        text_reply(arrival.fields, arrival.fields["Content"]), content_type="text/xml"
    )

    def say(n: int) -> str:
        return SandboxClient(sandbox.url).say(f"demo-{n % 10}", f"第{n}条").reply_text

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(say, range(100))) == [f"第{n}条" for n in range(100)]
    keys = [(a.fields["FromUserName"], a.fields["MsgId"]) for a in receiver.arrivals]
    assert len(set(keys)) == 100
