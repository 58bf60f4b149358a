"""Pushes that nothing was made of: who sees them, and each thing that can be done about one."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from app.console import ledger_unworked
from app.wechat.intake import content_of
from bots import taking_up
from bots.message import EventKind, IncomingMessage, MessageKind
from models import inbox
from models.access_log import Access
from models.events import Event
from models.inbox import InboxMessage, Letter, Outcome
from models.outbox import OutboxMessage
from models.posts import Role
from models.tickets.table import Ticket
from tests.app.test_console_ledger import PATH, listed
from tests.app.visitor import House
from tests.factories import MORNING, area_named, demo_person, post

UNWORKED = PATH + "/unworked"
NOISE = "3号楼2单元楼上半夜装修太吵了"
ABOUT_STAFF = "举报社区工作人员态度恶劣，收了钱不办事"
SENDERS = {"failed": "demo-resident-1", "pending": "demo-resident-2", "limited": "o-unknown"}


@pytest.fixture
def letters(house: House) -> dict[str, int]:
    """One of each kind, and one that was answered."""
    found = {}
    with house.database.writing() as session:
        for outcome, openid in SENDERS.items():
            found[outcome] = _came(house, session, openid, NOISE, outcome)
        _came(house, session, "demo-resident-3", NOISE, "answered")
    house.later(minutes=2)
    return found


def _came(house: House, session: object, openid: str, words: str, outcome: str) -> int:
    message = IncomingMessage("main", openid, openid, MessageKind.TEXT, house.now, text=words)
    letter = Letter("main", openid, message.key, "text", house.now)
    received = inbox.receive(session, letter)
    kept = content_of(message)
    match outcome:
        case "failed":
            received = inbox.give_up(session, letter, received, "抱歉", kept, house.now)
        case "pending":
            received = inbox.keep_unworked(session, letter, received, kept)
        case "limited":
            received = inbox.limit(session, letter, received, kept, house.now)
        case _:
            received = inbox.keep_reply(session, letter, received, "好", house.now)
    number = session.scalar(select(InboxMessage.id).where(InboxMessage.openid == openid))
    assert number is not None
    return number


def test_whoever_supervises_the_whole_house_reads_them_and_that_is_noted(
    house: House, letters: dict[str, int]
) -> None:
    desk = house.signed_in("duty_desk")
    assert set(listed(desk, path=UNWORKED)) == set(letters.values())
    page = desk.get(UNWORKED).text
    assert NOISE in page and '没处理成的来信 <span class="number">3</span>' in page
    assert "demo-resident" not in page  # nobody is named
    with house.database.reading() as session:
        looked = session.execute(select(Access.person_id, Access.subject_id)).all()
        by = demo_person(session, "duty_desk")
        seen = {(by, demo_person(session, "resident", count)) for count in (1, 2)}
    assert set(looked) == seen
    community = house.signed_in("community_staff")
    assert listed(community, path=UNWORKED) == []
    for number in letters.values():
        assert community.post(f"{UNWORKED}/{number}", {"act": "told"}).status_code == 404
    assert house.signed_in("grid_worker").get(UNWORKED).status_code == 403


def test_what_may_accuse_them_does_not_exist_for_them(house: House) -> None:
    with house.database.writing() as session:
        number = _came(house, session, "demo-resident-1", ABOUT_STAFF, "failed")
    house.later(minutes=2)
    desk = house.signed_in("duty_desk")
    assert listed(desk, path=UNWORKED) == [number]
    accused = house.signed_in("community_staff")
    with house.database.writing() as session:
        who = demo_person(session, "community_staff")
        post(session, Role.DUTY_DESK, area_named(session, "云溪区"), who)
        harmless = _came(house, session, "demo-resident-2", NOISE, "failed")
    house.later(minutes=2)
    assert listed(accused, path=UNWORKED) == [harmless]
    assert set(listed(desk, path=UNWORKED)) == {harmless, number}
    told = '<span class="number">{}</span> 没处理成的来信'
    assert told.format(1) in accused.get("/console/").text
    assert told.format(2) in desk.get("/console/").text
    assert accused.post(f"{UNWORKED}/{number}", {"act": "told"}).status_code == 404
    assert accused.post(f"{UNWORKED}/999", {"act": "told"}).status_code == 404


def test_one_that_is_worked_on_again_is_a_ticket_and_its_reply_leaves(
    house: House, letters: dict[str, int]
) -> None:
    desk = house.signed_in("duty_desk")
    number = letters["failed"]
    with (
        capture_logs() as said,
        patch.object(ledger_unworked.dialogue, "answer", side_effect=ValueError(NOISE)),
    ):
        answer = desk.post(f"{UNWORKED}/{number}", {"act": "again"})
    assert answer.status_code == 500 and "还是没处理成" in answer.text
    assert NOISE not in str(said) and said[-1]["inbox_id"] == number
    assert desk.post(f"{UNWORKED}/{number}", {"act": "again"}).status_code == 302
    with house.database.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert ticket.reporter_id == demo_person(session, "resident")
        row = session.get_one(InboxMessage, number)
        assert row.outcome == Outcome.ANSWERED and f"#{ticket.id}" in (row.reply or "")
        sent = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "late_reply"))
        assert [one.context["text"] for one in sent] == [row.reply]
    assert desk.post(f"{UNWORKED}/{number}", {"act": "again"}).status_code == 404
    assert "处理好了" in desk.get(f"{UNWORKED}?done=again").text


def test_an_answer_by_hand_goes_to_who_wrote_and_only_where_they_are_known(
    house: House, letters: dict[str, int]
) -> None:
    desk = house.signed_in("duty_desk")
    said = {"act": "answered", "words": "已请物业去看了"}
    pending = f"{UNWORKED}/{letters['pending']}"
    assert desk.post(pending, {"act": "answered", "words": " "}).status_code == 422
    assert desk.post(pending, said).status_code == 302
    unknown = f"{UNWORKED}/{letters['limited']}"
    assert desk.post(unknown, said).status_code == 403
    assert desk.post(unknown, {"act": "told"}).status_code == 302
    assert desk.post(unknown, {"act": "none"}).status_code == 404
    assert listed(desk, path=UNWORKED) == [letters["failed"]]
    with house.database.reading() as session:
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "late_reply"))
        (one,) = told
        assert one.context == {"text": "已请物业去看了"}
        assert one.person_id == demo_person(session, "resident", 2)
        facts = session.scalars(select(Event).where(Event.verb == "push_settled")).all()
        assert {(one.old, one.detail["act"]) for one in facts} == {
            ("pending", "answered"),
            ("limited", "told"),
        }
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_what_is_still_being_brought_or_was_erased_is_in_no_list(
    house: House, letters: dict[str, int]
) -> None:
    desk = house.signed_in("duty_desk")
    with house.database.writing() as session:
        fresh = _came(house, session, "demo-resident-4", NOISE, "pending")
        session.get_one(InboxMessage, letters["failed"]).kept = None
    assert fresh not in listed(desk, path=UNWORKED)
    assert letters["failed"] not in listed(desk, path=UNWORKED)
    house.now += timedelta(minutes=2)
    assert fresh in listed(desk, path=UNWORKED)


@pytest.mark.parametrize(
    "message",
    [
        IncomingMessage("main", "o", "1", MessageKind.TEXT, MORNING, text="太吵"),
        IncomingMessage("main", "o", "1", MessageKind.LOCATION, MORNING, latitude=1.5, longitude=2),
        IncomingMessage("main", "o", "1", MessageKind.EVENT, MORNING, EventKind.SCAN, scene="b:3"),
        IncomingMessage(
            "mini", "o", "1", MessageKind.IMAGE, MORNING, media_id="m", extra={"A": "b"}
        ),
    ],
)
def test_what_was_kept_is_the_very_message_again(message: IncomingMessage) -> None:
    assert taking_up.message_of(content_of(message)) == message
