"""Who is told what of a ticket, signed, and without a word about its reporter."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from models import on_duty
from models.base import Database
from models.errors import NotFound
from models.outside_systems import SystemUnfit
from models.people import Person
from models.posts import Role
from models.ticket_flow import Action
from models.tickets.actions import apply
from models.tickets.opening import Report, open_ticket
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from models.webhooks import endpoints, lists, queueing
from models.webhooks.table import Webhook, WebhookState
from models.whistles import calling
from tests.factories import MORNING, building, demo_person, ticket, town
from tests.jobs.webhooks.receiver import (
    DAY,
    MINUTE,
    Receiver,
    listening,
    send_all,
    send_due,
    states,
    verified,
)
from tests.statements import counted


def test_a_matter_is_told_step_by_step_signed_and_without_a_word_about_its_reporter(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        _, secret = listening(session, receiver.address)
        resident = demo_person(session, "resident")
        session.get_one(Person, resident).name = "居民甲"
        text = "楼道太吵，我叫居民甲，请打13812345678，我住2单元501"
        one = ticket(session, building(session, 3), reporter=resident, text=text)
        ticket_id = one.id
    assert receiver.came == []  # nothing leaves before somebody sends it
    with store.writing() as session:
        one = session.get_one(Ticket, ticket_id)
        caller = demo_person(session, "community_staff")
        calling.sound(session, one, ["city_management"], by=caller, at=MORNING + MINUTE)
    now = MORNING + 2 * MINUTE
    send_all(store, now)
    assert receiver.kinds() == ["ticket.opened", "ticket.dispatched", "whistle.called"]
    assert all(verified(secret, came) for came in receiver.came)
    assert not any(verified("whsec_" + "A" * 44, came) for came in receiver.came)
    opened, dispatched, called = (came["body"]["data"] for came in receiver.came)
    assert opened["sequence"] < dispatched["sequence"] < called["sequence"]
    assert (dispatched["from"], dispatched["to"]) == ("reported", "dispatched")
    assert called["department"] == "city_management"
    assert {"check_in_due", "result_due"} <= called.keys()
    assert opened["ticket"]["id"] == ticket_id
    assert opened["ticket"]["place"] == "幸福里小区3号楼"
    assert "138****5678" in opened["ticket"]["text"]
    whole = json.dumps([came["body"] for came in receiver.came], ensure_ascii=False)
    with store.reading() as session:
        name = session.get_one(Person, session.get_one(Ticket, ticket_id).reporter_id).name
    assert name
    assert not [one for one in (name, "13812345678", "501") if one in whole]
    assert '"reporter' not in whole
    assert states(store) == ["sent"] * 3


def test_only_what_lies_in_its_area_and_is_not_about_its_owner_is_told(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        listening(session, receiver.address, "幸福里小区", role=Role.PROPERTY_STAFF)
        here, away = building(session, 3), building(session, 1, "阳光花园")
        plain = ticket(session, here).id
        ticket(session, here, about=About.PROPERTY, category="property_service")
        ticket(session, away)
        nowhere = ticket(session, None)
        assert nowhere.area_id is None
    send_all(store, MORNING)
    assert {came["body"]["data"]["ticket"]["id"] for came in receiver.came} == {plain}
    with store.reading() as session:
        rows = session.scalars(select(Webhook).order_by(Webhook.id)).all()
        withheld = [one for one in rows if one.state == WebhookState.WITHHELD]
        assert len(withheld) == 2  # opened and dispatched
        system_id = rows[0].system_id
        assert lists.counts(session, system_id) == {WebhookState.SENT: 2}
        assert withheld[0] not in lists.latest(session, system_id)
    with store.writing() as session, pytest.raises(NotFound):
        lists.resend(session, withheld[0].id, by=demo_person(session, "admin"), at=MORNING)


def hand_to(session: Session, one: Ticket, department: str | None) -> None:
    """A liaison of this department, or back to who works for the estate."""
    role = Role.DEPARTMENT_LIAISON if department else Role.PROPERTY_STAFF
    serving = on_duty.holders_at(session, one.area_id or 0, MORNING)
    holder = next(each for each in serving if (each.role, each.department) == (role, department))
    by = Actor(one.owner_id)
    apply(session, one, Action.TRANSFER, by=by, at=MORNING, reason="转办", holder=holder)


def test_a_department_hears_what_was_given_to_it_from_then_to_its_end_and_nothing_else(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        listening(session, receiver.address, department="city_management")
        ticket(session, building(session, 2))  # nobody gives it to a department
        one = ticket(session, building(session, 3)).id
    send_all(store, MORNING)
    assert receiver.came == []
    for department in ("city_management", None):
        with store.writing() as session:
            hand_to(session, session.get_one(Ticket, one), department)
        send_all(store, MORNING)
    assert {came["body"]["data"]["ticket"]["id"] for came in receiver.came} == {one}
    assert receiver.kinds() == ["ticket.dispatched"] * 2


def test_what_a_department_was_told_can_be_sent_again_when_the_matter_has_left_it(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        listening(session, receiver.address, department="city_management")
        one = ticket(session, building(session, 3)).id
    send_all(store, MORNING)  # not theirs yet
    with store.writing() as session:
        hand_to(session, session.get_one(Ticket, one), "city_management")
    send_all(store, MORNING)
    [told] = receiver.came
    with store.writing() as session:
        hand_to(session, session.get_one(Ticket, one), None)
        [row] = session.scalars(select(Webhook).where(Webhook.state == WebhookState.SENT))
        lists.resend(session, row.id, by=demo_person(session, "admin"), at=MORNING)
    receiver.came.clear()
    send_all(store, MORNING)
    assert receiver.kinds() == ["ticket.dispatched"] * 2
    assert receiver.came[0]["headers"]["webhook-id"] == told["headers"]["webhook-id"]


def test_what_only_waited_when_an_address_was_given_up_is_not_told_to_a_department_later(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    receiver.answers = [(410, {})]
    later = MORNING + DAY
    with store.writing() as session:
        system_id, _ = listening(session, receiver.address, department="city_management")
        given = ticket(session, building(session, 3))
        hand_to(session, given, "city_management")
        other = ticket(session, building(session, 2), later).id
    send_due(store, MORNING)
    assert set(states(store)) == {"failed"}
    with store.writing() as session:
        endpoints.restart(session, system_id, by=demo_person(session, "admin"), at=later)
        for number in (given.id, other):
            one = session.get_one(Ticket, number)
            apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=later)
    receiver.came.clear()
    send_all(store, later)
    assert {came["body"]["data"]["ticket"]["id"] for came in receiver.came} == {given.id}


def test_a_department_hears_its_own_calls_alone(database: Database, receiver: Receiver) -> None:
    town(database)
    with database.writing() as session:
        listening(session, receiver.address, department="fire")
        one = ticket(session, building(session, 3))
        caller = demo_person(session, "community_staff")
        calling.sound(session, one, ["city_management", "fire"], by=caller, at=MORNING)
    send_all(database, MORNING)
    told = [came["body"] for came in receiver.came if came["body"]["type"] == "whistle.called"]
    assert [one["data"]["department"] for one in told] == ["fire"]


def test_an_ordinary_report_pays_nothing_where_nobody_listens(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town(store)
    with store.reading() as session:
        report = Report(
            account="main",
            reporter_id=demo_person(session, "resident"),
            text="楼道太吵",
            category="noise",
            subcategory=None,
            urgency=Urgency.NORMAL,
            intent=Intent.REPORT,
            confidence=0.9,
            area_id=building(session, 3).id,
        )

    def statements() -> list[str]:
        with counted(store) as said, store.writing() as session:
            open_ticket(session, report, MORNING)
        return list(said)

    statements()  # what is kept in memory is read once
    with_it = statements()
    monkeypatch.setattr(queueing, "queue", lambda *_: None)
    assert statements() == with_it
    monkeypatch.undo()
    with store.writing() as session:
        listening(session, "https://example.org/")
    statements()
    assert len(states(store)) == 2


def test_a_changed_secret_signs_beside_the_former_one_for_a_day(
    database: Database, receiver: Receiver
) -> None:
    town(database)
    with database.writing() as session:
        system_id, old = listening(session, receiver.address)
        by = demo_person(session, "admin")
        new = endpoints.new_secret(session, system_id, by=by, at=MORNING)
        ticket(session, building(session, 3))
    send_due(database, MORNING)
    assert verified(old, receiver.came[0])
    assert verified(new, receiver.came[0])
    send_due(database, MORNING + DAY)
    assert not verified(old, receiver.came[1])
    assert verified(new, receiver.came[1])
    with database.reading() as session:
        kept = session.connection().exec_driver_sql("SELECT secret FROM webhook_endpoints").one()
        assert new.encode() not in bytes(kept[0])


def test_what_is_no_address_is_refused(database: Database) -> None:
    town(database)
    for address in (
        *("", "example.org", "ftp://example.org/", "https://", "https://a b/", "https://me@x.org/"),
        *(
            "https://example.org/#part",
            "https://例子.cn/",
            "https://x.org:0/",
            "https://x.org:99999/",
        ),
    ):
        with pytest.raises(SystemUnfit), database.writing() as session:
            listening(session, address)
