"""What fails is told again, in order, to an end; a slow address holds up no other."""

import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from jobs.channels import outside
from jobs.webhooks import Sender, webhook_upkeep
from models import outside_systems
from models.base import Database
from models.errors import AlreadyDone, NotFound
from models.webhooks import endpoints, lists, sending
from models.webhooks.table import StopReason, Webhook, WebhookEndpoint
from tests.factories import MORNING, building, demo_person, ticket, town
from tests.jobs.webhooks.receiver import (
    DAY,
    LOOPBACK,
    MINUTE,
    REST,
    SENDING,
    Receiver,
    listening,
    listens,
    send_all,
    send_due,
    states,
    told_keepers,
)


def test_what_fails_is_tried_again_with_the_same_id_and_the_order_of_a_ticket_is_kept(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        listening(session, receiver.address)
        first = ticket(session, building(session, 3)).id
        ticket(session, building(session, 2))
    receiver.answers = [(500, {}), (503, {"Retry-After": "3600"})]
    assert send_due(store, MORNING) == 2  # one of each ticket
    assert send_due(store, MORNING + MINUTE) == 0  # an address that fails rests
    assert send_due(store, MORNING + REST) == 1  # and is tried with one alone
    later = MORNING + timedelta(hours=1)
    send_all(store, later)
    assert states(store) == ["sent"] * 4
    mine = [came for came in receiver.came if came["body"]["data"]["ticket"]["id"] == first]
    sequences = [came["body"]["data"]["sequence"] for came in mine]
    assert sequences == sorted(sequences)
    ids = [came["headers"]["webhook-id"] for came in receiver.came]
    assert len(ids) == 6
    assert len(set(ids)) == 4


def test_a_worker_that_dies_during_a_call_leaves_a_telling_that_is_made_again(
    store: Database, receiver: Receiver
) -> None:
    listens(store, receiver, 3)
    with store.writing() as session:
        [claimed] = sending.claim(session, MORNING, 9)
    body = outside.encoded(claimed.body)
    outside.post(
        claimed.address,
        body,
        outside.headers(claimed.secrets, claimed.message_id, MORNING, body),
        LOOPBACK,
    )  # and dies before it writes down the answer
    assert states(store)[0] == "sending"
    assert send_due(store, MORNING + timedelta(seconds=1)) == 0
    after = MORNING + timedelta(seconds=SENDING["lease_seconds"])
    send_all(store, after)
    ids = [came["headers"]["webhook-id"] for came in receiver.came]
    assert ids[0] == ids[1]
    assert states(store) == ["sent"] * 2
    with store.writing() as session:
        sending.failed(session, claimed, "500", after)  # an answer that comes too late
    assert states(store) == ["sent"] * 2


def test_a_worker_killed_while_the_receiver_answers_leaves_nothing_untold(
    database: Database, receiver: Receiver
) -> None:
    listens(database, receiver, 3)
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.jobs.webhooks.one_webhook",
            str(database.url),
            MORNING.isoformat(),
        ],
        cwd=Path(__file__).parents[3],
    )
    receiver.on_request = worker.kill
    assert worker.wait(30) == -signal.SIGKILL
    receiver.on_request = lambda: None
    assert states(database) == ["sending", "queued"]
    send_all(database, MORNING + timedelta(seconds=SENDING["lease_seconds"]))
    assert receiver.kinds() == ["ticket.opened", "ticket.opened", "ticket.dispatched"]
    assert receiver.came[0]["headers"]["webhook-id"] == receiver.came[1]["headers"]["webhook-id"]
    assert states(database) == ["sent"] * 2


def test_an_address_that_fails_for_days_is_stopped_its_keepers_are_told_and_may_resend(
    store: Database, receiver: Receiver
) -> None:
    system_id = listens(store, receiver, 3)
    receiver.answers = [(500, {})] * 30
    now = MORNING
    tries = 0
    while send_due(store, now):
        tries += 1
        now += DAY
    assert tries == 5
    failing, stopped = told_keepers(store)
    assert failing.startswith("“城管平台”一个多小时没收到通知了")
    assert stopped.startswith("“城管平台”的通知停发了：")
    assert set(states(store)) == {"failed"}
    with store.reading() as session:
        endpoint = session.get_one(WebhookEndpoint, system_id)
        assert endpoint.stop_reason == StopReason.FAILING
        assert tries == len(receiver.came)
        admin = demo_person(session, "admin")
    receiver.answers.clear()
    receiver.came.clear()
    with store.writing() as session:
        ticket(session, building(session, 3), now)  # nobody listens now
        endpoints.restart(session, system_id, by=admin, at=now)
        row = session.scalars(select(Webhook).order_by(Webhook.id)).first()
        assert row is not None
        lists.resend(session, row.id, by=admin, at=now)
        with pytest.raises(AlreadyDone):
            lists.resend(session, row.id, by=admin, at=now)
        with pytest.raises(NotFound):
            lists.resend(session, row.id, by=demo_person(session, "resident"), at=now)
    assert send_due(store, now) == 1
    assert receiver.kinds() == ["ticket.opened"]


def test_an_address_that_says_it_is_gone_is_sent_nothing_more(
    database: Database, receiver: Receiver
) -> None:
    system_id = listens(database, receiver, 3)
    receiver.answers = [(410, {})]
    send_all(database, MORNING)
    assert len(receiver.came) == 1
    assert states(database) == ["failed"] * 2
    with database.reading() as session:
        assert session.get_one(WebhookEndpoint, system_id).stop_reason == StopReason.GONE


def test_when_an_address_works_again_what_waits_is_sent_at_once(
    database: Database, receiver: Receiver
) -> None:
    listens(database, receiver, 3, 2)
    receiver.answers = [(500, {})] * 2
    send_due(database, MORNING)
    with database.writing() as session:
        first = session.scalars(select(Webhook).order_by(Webhook.id)).first()
        assert first is not None
        session.execute(
            update(Webhook).where(Webhook.id != first.id).values(not_before=MORNING + DAY)
        )
    send_all(database, MORNING + REST)
    assert states(database) == ["sent"] * 4
    assert told_keepers(database) == []  # it was for minutes only


def test_an_address_that_fails_for_hours_rests_ever_longer_and_is_taken_up_again_by_itself(
    database: Database, receiver: Receiver
) -> None:
    listens(database, receiver, 3, 2, 1, 4)
    receiver.answers = [(401, {})] * 400
    tried = []
    for minutes in range(0, 10 * 60, 5):
        tried += [minutes] * send_due(database, MORNING + minutes * MINUTE)
    late = [one for one in tried if one > 4 * 60]
    waits = [later - former for former, later in zip(late, late[1:], strict=False)]
    assert len(waits) > 1
    assert min(waits) >= 60
    receiver.answers.clear()
    send_all(database, MORNING + DAY)
    assert states(database) == ["sent"] * 8
    failing, working = told_keepers(database)
    assert failing.startswith("“城管平台”一个多小时没收到通知了")
    assert working == "“城管平台”又能收到通知了，没发到的正在补发。"


def test_old_ones_are_forgotten_and_those_of_ended_systems_wait_no_more(
    database: Database, receiver: Receiver
) -> None:
    town(database)
    with database.writing() as session:
        system_id, _ = listening(session, receiver.address)
        ticket(session, building(session, 3))
        outside_systems.end(session, system_id, by=demo_person(session, "admin"), at=MORNING)
        ticket(session, building(session, 2))
    assert send_due(database, MORNING) == 0
    assert webhook_upkeep(database, MORNING) is None
    assert states(database) == ["failed"] * 2
    later = MORNING + timedelta(days=SENDING["kept_days"], seconds=1)
    assert webhook_upkeep(database, later) == "removed=2"


def test_a_receiver_that_does_not_answer_holds_up_no_other(
    database: Database, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        town(database)
        with database.writing() as session:
            listening(session, f"http://127.0.0.1:{silent.getsockname()[1]}/")
            listening(session, receiver.address)
            for number in (1, 2, 3):
                ticket(session, building(session, number))
        with Sender(database, LOOPBACK) as sender:
            turns = 0
            while states(database).count("sent") < 6:
                assert sender.turn(MORNING) > 0
                turns += 1
            assert states(database).count("sending") == 3
            assert turns < 20
            silent.close()  # and hangs up on them
    assert len(receiver.came) == 6


def test_a_slow_address_holds_up_no_other_system(database: Database, receiver: Receiver) -> None:
    town(database)
    with database.writing() as session:
        listening(session, "http://127.0.0.1:9/")  # nobody listens on that port
        listening(session, receiver.address)
        for number in (1, 2, 3, 1, 2, 3):
            ticket(session, building(session, number))
    assert send_due(database, MORNING) == 2 * SENDING["at_once"]
    send_all(database, MORNING + MINUTE)
    assert states(database).count("sent") == len(receiver.came) == 12
    assert send_due(database, MORNING + REST) == 1
