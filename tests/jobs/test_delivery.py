"""Messages from the ledger to people's phones, over real HTTP, on both stores."""

import threading
from datetime import timedelta

from sqlalchemy import func, select
from structlog.testing import capture_logs

from app.sandbox.serve import SandboxThread
from config.policy import load
from jobs.channels.wechat_client import WeChatClient
from jobs.delivery import deliver_due
from models import attempts, consents, rights
from models.accounts import ApiStop, resume
from models.attempts import Accepted, Chosen, Claimed
from models.delivery_results import confirm
from models.held_messages import release_held
from models.outbox import EVERYONE, Channel, Delivery, OutboxMessage, Quiet, queue_mass
from models.people import Identity, Person
from tests.jobs.town import MANY, NOON, Hand, Neighbour, Town, settings_for, wait_until

CUSTOM = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
MASS = "/cgi-bin/message/mass/sendall"
NOTICE = "SANDBOX_NOTICE"
MINUTE = timedelta(minutes=1)


def test_a_due_message_reaches_the_person_as_a_customer_message(town: Town) -> None:
    whom = town.neighbour()
    message = town.send(town.queue(whom, "您的工单已派给3号楼楼长"))
    assert town.texts(whom) == ["您的工单已派给3号楼楼长"]
    assert (message.state, message.channel) == (Delivery.SENT, Channel.CUSTOM)
    assert (message.attempts, message.lease_token) == (1, None)
    assert town.identity(whom).window_left == 4


def test_what_is_sent_is_not_sent_again(town: Town) -> None:
    whom = town.neighbour()
    town.queue(whom)
    assert town.deliver() == 1
    assert town.deliver() == 0
    assert len(town.texts(whom)) == 1


def test_messages_of_one_person_arrive_in_the_order_they_were_queued(town: Town) -> None:
    whom = town.neighbour()
    said = [f"第{number}条" for number in range(4)]
    for text in said:
        town.queue(whom, text)
    town.deliver()
    assert town.texts(whom) == said


def test_several_workers_at_once_send_each_message_once(town: Town) -> None:
    people = [town.neighbour() for _ in range(30)]
    for whom in people:
        town.queue(whom)
    workers = [threading.Thread(target=town.deliver) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [len(town.texts(whom)) for whom in people] == [1] * 30
    with town.store.reading() as session:
        states = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
        assert session.execute(states).all() == [(Delivery.SENT, 30)]


def test_the_sixth_message_waits_until_the_person_writes_again(town: Town) -> None:
    whom = town.neighbour()
    ids = [town.queue(whom, f"第{number}条", template="wechat_text") for number in range(6)]
    # Without a template for it, a closed window leaves only waiting.
    with town.store.writing() as session:
        rights.mark_unsubscribed(session, whom.identity_id)
        rights.wrote(session, whom.identity_id, NOON)
    town.wechat.template("other", "别的", ["thing1"])
    town.fail("errcode", TEMPLATE, 40037)
    town.deliver()
    assert len([one for one in ids if town.message(one).channel is Channel.CUSTOM]) == 5
    assert town.message(ids[5]).state is Delivery.HELD
    town.wechat.say(whom.openid, "有消息吗")
    with town.store.writing() as session:
        rights.wrote(session, whom.identity_id, NOON)
        assert release_held(session, whom.person_id, NOON) == 1
    assert town.send(ids[5]).state is Delivery.SENT
    assert town.texts(whom)[-1] == "第5条"


def test_with_a_consent_it_goes_as_a_subscription_message_and_uses_the_consent(town: Town) -> None:
    whom = town.neighbour(writes=False)
    town.wechat.consent(whom.openid, {NOTICE: "accept"})
    with town.store.writing() as session:
        consents.grant(session, whom.identity_id, NOTICE)
    message = town.send(town.queue(whom, "本周六上午九点停水\n请提前储水"))
    assert (message.state, message.channel) == (Delivery.SENT, Channel.SUBSCRIPTION)
    with town.store.reading() as session:
        left = session.get_one(consents.SubscriptionConsent, (whom.identity_id, NOTICE))
    assert left.remaining == 0


def test_without_window_and_consent_a_follower_gets_a_template_message(town: Town) -> None:
    whom = town.neighbour(writes=False)
    message = town.send(town.queue(whom, "本周六上午九点停水\n请提前储水"))
    assert (message.state, message.channel) == (Delivery.SENT, Channel.TEMPLATE)
    assert message.platform_id
    [item] = town.wechat.inbox(whom.openid)
    assert item["body"]["data"]["thing1"]["value"] == "本周六上午九点停水"


def test_a_stranger_with_no_rights_left_has_the_message_held(town: Town) -> None:
    whom = town.neighbour(writes=False)
    with town.store.writing() as session:
        rights.mark_unsubscribed(session, whom.identity_id)
    message = town.send(town.queue(whom))
    assert (message.state, message.channel) == (Delivery.HELD, None)
    assert town.calls("send") == []


def test_of_messages_sent_together_each_goes_the_way_that_its_own_rights_allow(
    town: Town,
) -> None:
    people = [town.neighbour() for _ in range(4)]
    silent, gone = town.neighbour(writes=False), town.neighbour(writes=False)
    with town.store.writing() as session:
        rights.mark_unsubscribed(session, gone.identity_id)
    ids = {whom.person_id: town.queue(whom) for whom in (silent, *people[:2], gone, *people[2:])}
    town.deliver()
    ways = {person: town.message(number).channel for person, number in ids.items()}
    assert [ways.pop(whom.person_id) for whom in people] == [Channel.CUSTOM] * 4
    assert ways == {silent.person_id: Channel.TEMPLATE, gone.person_id: None}
    assert [town.identity(whom).window_left for whom in people] == [4] * 4


def test_two_messages_to_one_openid_at_once_each_take_from_its_window(town: Town) -> None:
    """Two persons have turned out to be one, and a message to each is due."""
    whom, formerly = town.neighbour(), town.neighbour()
    with town.store.writing() as session:
        session.get_one(Person, formerly.person_id).merged_into = whom.person_id
        session.get_one(Identity, formerly.identity_id).refuses = True
    ids = [town.queue(one) for one in (whom, formerly)]
    town.deliver()
    assert town.states(ids) == [Delivery.SENT] * 2
    assert len(town.texts(whom)) == 2
    assert town.identity(whom).window_left == 3


def test_a_window_the_platform_knows_to_be_closed_gives_way_to_the_next_channel(
    town: Town,
) -> None:
    whom = town.neighbour(writes=False)
    with town.store.writing() as session:
        rights.wrote(session, whom.identity_id, NOON)  # we think so; the platform does not
    message = town.send(town.queue(whom))
    assert [call["errcode"] for call in town.calls("send")] == [45015, 0]
    assert (message.state, message.channel) == (Delivery.SENT, Channel.TEMPLATE)
    assert town.identity(whom).window_left == 0


def test_a_customer_message_without_answer_is_in_doubt_and_never_repeated(town: Town) -> None:
    whom = town.neighbour()
    town.fail("drop_after", CUSTOM)
    message_id = town.queue(whom)
    assert town.send(message_id).state is Delivery.IN_DOUBT
    for minutes in (1, 9, 60):
        town.deliver(NOON + timedelta(minutes=minutes))
    assert town.message(message_id).state is Delivery.IN_DOUBT
    assert len(town.texts(whom)) == 1


def test_a_template_message_in_doubt_is_repeated_and_arrives_once(town: Town) -> None:
    whom = town.neighbour(writes=False)
    town.fail("drop_after", TEMPLATE)
    message_id = town.queue(whom)
    assert town.send(message_id).state is Delivery.IN_DOUBT
    town.deliver(NOON + timedelta(minutes=1))
    assert town.send(message_id, NOON + timedelta(minutes=2)).state is Delivery.SENT
    assert len(town.calls("template/send")) == 2
    assert len(town.texts(whom)) == 1


def test_after_ten_minutes_a_template_message_in_doubt_is_left_to_staff(town: Town) -> None:
    whom = town.neighbour(writes=False)
    town.fail("drop_after", TEMPLATE)
    message_id = town.queue(whom)
    town.deliver()
    town.deliver(NOON + timedelta(minutes=11))
    town.deliver(NOON + timedelta(minutes=12))
    assert town.message(message_id).state is Delivery.IN_DOUBT
    assert len(town.calls("template/send")) == 1


def test_a_mass_message_in_doubt_is_known_again_by_the_platform(town: Town) -> None:
    people = [town.neighbour() for _ in range(3)]
    with town.store.writing() as session:
        asked = ("main", "wechat_text", {"text": "明天全员核对住户信息"})
        for _ in range(2):
            queue_mass(session, *asked, audience=EVERYONE, unique_key="mass-1", now=NOON)
    town.fail("drop_after", MASS)
    town.deliver()
    town.deliver(NOON + timedelta(minutes=1))
    town.deliver(NOON + timedelta(minutes=2))
    assert [call["errcode"] for call in town.calls("sendall")] == [0, 45065]
    with town.store.reading() as session:
        message = session.scalars(select(OutboxMessage)).one()
    assert (message.state, message.errcode) == (Delivery.SENT, 45065)
    assert message.platform_id
    assert [town.texts(whom) for whom in people] == [["明天全员核对住户信息"]] * 3


def test_an_emergency_in_doubt_is_sent_again_at_the_price_of_arriving_twice(town: Town) -> None:
    whom = town.neighbour()
    town.fail("drop_after", CUSTOM)
    message_id = town.emergency(whom)
    assert town.send(message_id).state is Delivery.IN_DOUBT
    assert town.send(message_id, NOON + timedelta(seconds=1)).state is Delivery.SENT
    assert len(town.texts(whom)) == 2


def test_a_platform_out_of_reach_leaves_the_message_queued_and_the_allowance_whole(
    town: Town,
) -> None:
    whom = town.neighbour()
    message_id = town.queue(whom)
    town.wechat.fault("errcode", CUSTOM, -1, 1)
    message = town.send(message_id)
    assert message.state is Delivery.QUEUED
    assert message.not_before > NOON
    assert town.identity(whom).window_left == 5
    assert town.send(message_id, NOON + timedelta(minutes=1)).state is Delivery.SENT


def test_a_call_for_a_token_without_answer_leaves_no_message_in_doubt(town: Town) -> None:
    whom = town.neighbour()
    message_id = town.queue(whom)
    town.fail("drop_after", "/cgi-bin/stable_token")
    assert town.send(message_id).state is Delivery.QUEUED
    assert town.send(message_id, NOON + timedelta(minutes=1)).state is Delivery.SENT
    assert len(town.texts(whom)) == 1


def test_a_worker_that_dies_in_a_call_leaves_its_message_in_doubt(town: Town) -> None:
    whom = town.neighbour()
    message_id = town.queue(whom)
    lost = begun_elsewhere(town, whom)
    town.deliver(NOON + timedelta(seconds=59))
    assert town.message(message_id).state is Delivery.SENDING
    town.deliver(NOON + timedelta(seconds=61))
    assert town.message(message_id).state is Delivery.IN_DOUBT
    assert town.texts(whom) == []
    # It was only slow: its late answer settles the doubt.
    with town.store.writing() as session:
        assert attempts.sent_each(session, [Accepted(lost, None, 0)], NOON) == [True]
    assert town.message(message_id).state is Delivery.SENT


def test_a_worker_that_dies_before_its_call_leaves_its_message_in_the_queue(town: Town) -> None:
    whom = town.neighbour()
    message_id = town.queue(whom)
    with town.store.writing() as session:
        [lost] = attempts.claim(session, NOON, 10, MINUTE)
    town.deliver(NOON + timedelta(seconds=59))
    assert town.message(message_id).state is Delivery.SENDING
    message = town.send(message_id, NOON + timedelta(seconds=61))
    assert (message.state, message.attempts) == (Delivery.SENT, 1)
    assert len(town.texts(whom)) == 1
    # It was only slow, and finds that the message is no longer its own to send.
    with town.store.writing() as session:
        chosen = Chosen(lost, Channel.CUSTOM, whom.identity_id)
        assert attempts.begin_each(session, [chosen], NOON, MINUTE) == [None]


def test_a_late_answer_changes_nothing_once_another_try_has_begun(town: Town) -> None:
    whom = town.neighbour()
    message_id = town.emergency(whom)
    lost = begun_elsewhere(town, whom)
    assert town.send(message_id, NOON + timedelta(seconds=61)).state is Delivery.SENT
    with town.store.writing() as session:
        assert not attempts.failed(session, lost, 40003, "late")
    assert town.message(message_id).state is Delivery.SENT


def begun_elsewhere(town: Town, whom: Neighbour) -> Claimed:
    """Another worker's call for the one message that is due."""
    with town.store.writing() as session:
        [claimed] = attempts.claim(session, NOON, 10, MINUTE)
        chosen = Chosen(claimed, Channel.CUSTOM, whom.identity_id)
        [begun] = attempts.begin_each(session, [chosen], NOON, MINUTE)
    assert begun is not None
    return begun


def test_at_night_emergencies_and_answers_go_out_and_the_rest_in_the_morning(town: Town) -> None:
    whom = town.neighbour()
    night = NOON + timedelta(hours=11)  # 23:00
    quiet = town.queue(whom, "您的工单已办结", created_at=night)
    loud = town.emergency(whom, created_at=night)
    town.queue(whom, "您刚才问的电话是", created_at=night, quiet=Quiet.AWAKE)
    town.deliver(night)
    assert town.texts(whom) == ["电梯困人，请立即到场", "您刚才问的电话是"]
    assert town.message(loud).state is Delivery.SENT
    assert town.message(quiet).not_before == NOON + timedelta(hours=20)  # 08:00
    assert town.send(quiet, NOON + timedelta(hours=20)).state is Delivery.SENT


def test_what_is_late_when_the_night_begins_waits_too(town: Town) -> None:
    whom = town.neighbour()
    evening = NOON + timedelta(hours=9, minutes=59)
    message_id = town.queue(whom, created_at=evening)
    town.deliver(evening + timedelta(minutes=30))
    assert town.texts(whom) == []
    assert town.message(message_id).not_before == NOON + timedelta(hours=20)


def test_somebody_who_writes_at_night_gets_what_was_held(town: Town) -> None:
    whom = town.neighbour(writes=False)
    with town.store.writing() as session:
        rights.mark_unsubscribed(session, whom.identity_id)
    message_id = town.queue(whom)
    town.deliver()
    night = NOON + timedelta(hours=11)
    town.wechat.say(whom.openid, "还没睡")
    with town.store.writing() as session:
        rights.wrote(session, whom.identity_id, night)
        release_held(session, whom.person_id, night)
    assert town.send(message_id, night + timedelta(seconds=2)).state is Delivery.SENT


def test_a_message_past_its_time_expires_unsent(town: Town) -> None:
    whom = town.neighbour()
    message_id = town.queue(whom, expires_at=NOON + timedelta(hours=1))
    assert town.send(message_id, NOON + timedelta(hours=2)).state is Delivery.EXPIRED
    assert town.texts(whom) == []


def test_a_message_that_can_not_be_worded_fails_and_the_others_go_on(town: Town) -> None:
    whom = town.neighbour()
    broken = town.queue(whom, template="no_such_template")
    gap = town.queue(whom, context={})
    good = town.queue(whom)
    town.deliver()
    assert [town.message(one).state for one in (broken, gap, good)] == [
        Delivery.FAILED,
        Delivery.FAILED,
        Delivery.SENT,
    ]
    assert town.identity(whom).window_left == 4


def test_a_person_merged_into_another_is_reached_through_the_other(town: Town) -> None:
    old, new = town.neighbour(), town.neighbour(writes=False)
    with town.store.writing() as session:
        rights.mark_refuses(session, new.identity_id)
        session.get_one(Person, new.person_id).merged_into = old.person_id
    message = town.send(town.queue(new, "合并后的消息"))
    assert (message.state, message.identity_id) == (Delivery.SENT, old.identity_id)
    assert town.texts(old) == ["合并后的消息"]


def test_a_stopped_api_keeps_messages_in_place_until_it_works_again(town: Town) -> None:
    whom = town.neighbour()
    town.fail("errcode", CUSTOM, 45009)
    town.fail("errcode", TEMPLATE, 45009)
    message_id = town.queue(whom)
    message = town.send(message_id)
    assert message.state is Delivery.QUEUED
    assert message.attempts == 0
    town.deliver(NOON + timedelta(minutes=31))
    assert [call["errcode"] for call in town.calls("send")] == [45009, 45009]
    assert town.identity(whom).window_left == 5
    # Midnight ends the stop; the night goes on until eight.
    town.deliver(NOON + timedelta(hours=13))
    assert town.texts(whom) == []
    assert town.send(message_id, NOON + timedelta(hours=20)).state is Delivery.SENT


def test_a_stopped_account_is_left_alone_and_taken_up_again_when_staff_resume_it(
    town: Town,
) -> None:
    people = [town.neighbour() for _ in range(3)]
    for whom in people:
        town.queue(whom)
    town.fail("errcode", "/cgi-bin/stable_token", 40164, times=1000)
    with capture_logs() as logs:
        town.deliver()
        town.deliver(NOON + timedelta(seconds=1))
    assert len(town.calls("stable_token")) == 1
    assert [line["errcode"] for line in logs if line["event"] == "alert"] == [40164]
    with town.store.reading() as session:
        [stop] = session.scalars(select(ApiStop)).all()
        assert stop.api == ""
    town.wechat.clear_faults()
    with town.store.writing() as session:
        resume(session, "main")
    town.deliver(NOON + timedelta(seconds=10))
    assert [len(town.texts(whom)) for whom in people] == [1, 1, 1]


def test_logs_hold_no_token_no_openid_and_no_words(town: Town) -> None:
    people = [town.neighbour() for _ in range(4)]
    with capture_logs() as logs:
        for whom, fault in zip(
            people, [("errcode", 40003), ("drop_before", 0), ("drop_after", 0), None], strict=True
        ):
            town.queue(whom, "三号楼漏水")
            if fault:
                town.fail(fault[0], CUSTOM, fault[1])
            town.deliver()
        town.queue(people[0], "三号楼漏水", template="no_such_template")
        town.deliver()
    said = "\n".join(str(line) for line in logs if line["log_level"] != "debug")
    assert "message_tried" in said
    token = town.client.tokens.current("main").text or "?"
    for secret in (token, "漏水", "demo-resident", "wx1", "'s1'"):
        assert secret not in said


def test_an_emergency_that_reaches_nobody_calls_for_a_person(town: Town) -> None:
    whom = town.neighbour()
    with town.store.writing() as session:
        rights.mark_refuses(session, whom.identity_id)
    with capture_logs() as logs:
        message = town.send(town.emergency(whom))
    assert message.state is Delivery.HELD
    assert [line["about"] for line in logs if line["event"] == "alert"] == [
        "emergency_reaches_nobody"
    ]


def test_an_account_without_keys_keeps_its_messages(
    town: Town, sandbox: SandboxThread, hand: Hand
) -> None:
    whom = town.neighbour()
    message_id = town.queue(whom)
    without = settings_for(sandbox.url, wechat_app_id="", wechat_secret="")
    bare = WeChatClient(town.store, without, hand)
    with capture_logs() as logs:
        deliver_due(town.store, bare, NOON)
    bare.close()
    assert [line["about"] for line in logs if line["event"] == "alert"] == ["credentials"]
    message = town.message(message_id)
    assert (message.state, message.attempts) == (Delivery.QUEUED, 0)
    assert town.send(message_id, NOON + timedelta(minutes=31)).state is Delivery.SENT


def test_results_come_back_under_the_id_the_platform_gave(town: Town) -> None:
    whom = town.neighbour(writes=False)
    message = town.send(town.queue(whom))
    result = town.event(whom, "TEMPLATESENDJOBFINISH")
    assert str(result["MsgID"]) == message.platform_id
    with town.store.writing() as session:
        assert confirm(session, "main", str(result["MsgID"]), True, result["Status"], NOON)
    assert town.message(message.id).state is Delivery.CONFIRMED


WORKER = """
import sys
from datetime import datetime
from jobs.outgoing import deliver
from models.base import Database
from models.sealing import KEYRING
KEYRING.use({"1": bytes(32)})
print("ready", flush=True)
deliver(Database(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
"""


def test_a_killed_worker_leaves_in_doubt_what_it_had_called_for_and_nothing_else(
    town: Town, sandbox: SandboxThread
) -> None:
    """Quick calls have ended, as many slow ones as fit are under way, the rest only claimed."""
    parallel = load("channels")["delivery"]["parallel_per_account"]
    quick = [town.neighbour(writes=False) for _ in range(20)]
    slow = [town.neighbour() for _ in range(parallel + 8)]
    done = [town.queue(whom) for whom in quick]
    others = [town.queue(whom) for whom in slow]
    town.client.tokens.current("main")
    town.fail("slow", CUSTOM, 5000, MANY)

    def is_time() -> bool:
        return town.calls_begun(CUSTOM) == parallel and set(town.states(done)) == {Delivery.SENT}

    town.kill_while_sending(WORKER, sandbox.url, is_time)
    town.wechat.clear_faults()
    assert set(town.states(others)) == {Delivery.SENDING}
    town.deliver(NOON + timedelta(minutes=5))
    states = town.states(others)
    assert states.count(Delivery.IN_DOUBT) == parallel
    assert states.count(Delivery.SENT) == 8
    wait_until(lambda: len(town.calls(CUSTOM)) == len(slow))
    assert [len(town.texts(whom)) for whom in quick + slow] == [1] * len(quick + slow)
    assert all(town.message(one).attempts == 1 for one in done + others)
