"""A matter that belongs elsewhere: filed there once, closed here, its end told to its reporter."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from bots.rendering import render
from jobs.open311 import follow_all
from jobs.queue import Queue
from models import privacy_consents
from models.base import Database
from models.errors import AlreadyDone, NotAllowed
from models.events import Event
from models.open311 import endpoints, referrals
from models.open311.endpoints import EndpointUnfit
from models.open311.referrals import TRIED_FOR, Referral, ReferralState
from models.outbox import OutboxMessage
from models.people import Person
from models.privacy_consents import ConsentDoor, Purpose
from models.ticket_flow import Action, Outcome, State
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests import factories
from tests.app.open311.conftest import V2, Tool
from tests.factories import MORNING, actor, building, demo_person, ticket

WORDS = "这段路归隔壁街道管，已经转过去"


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        return


@pytest.fixture
def elsewhere(database: Database, tmp_path: Path) -> Iterator[tuple[Tool, str]]:
    """The other house: our own Open311, over the same town."""
    tool = Tool(database, tmp_path)
    server = make_server("127.0.0.1", 0, tool.app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield tool, f"http://127.0.0.1:{server.port}{V2}"
    server.shutdown()


class Broken(BaseHTTPRequestHandler):
    """A house that answers as it likes."""

    answers: ClassVar[list[tuple[int, bytes]]] = []
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path)
        status, body = self.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def broken() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    Broken.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def handed_on(database: Database, url: str, key: str = "theirs") -> tuple[int, int]:
    """Ticket and referral."""
    with database.writing() as session:
        text = "路口井盖翘了，13800138000"
        made = ticket(
            session, building(session), category="not_estate", subcategory="transport", text=text
        )
        owner = Actor(made.owner_id)
        apply(session, made, Action.ACCEPT, by=owner, at=MORNING)
        endpoint = endpoints.add(session, "隔壁街道", url, key, {"other": "facility"}, at=MORNING)
        referral = referrals.hand_on(
            session, made, endpoint.id, WORDS, by=owner.person_id or 0, at=MORNING
        )
        return made.id, referral.id


def state(database: Database, referral_id: int) -> ReferralState:
    with database.reading() as session:
        return session.get_one(Referral, referral_id).state


def told(database: Database, template: str) -> list[str]:
    with database.reading() as session:
        rows = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.template == template)
            .order_by(OutboxMessage.id)
        )
        return [render(one.template, one.context) for one in rows]


def test_a_matter_is_filed_elsewhere_closed_here_followed_and_its_end_told(
    elsewhere: tuple[Tool, str], database: Database
) -> None:
    tool, url = elsewhere
    number, referral_id = handed_on(database, url, tool.key)
    with database.writing() as session:
        made = session.get_one(Ticket, number)
        assert made.state == State.ACCEPTED
        with pytest.raises(AlreadyDone):
            again = referrals.of_ticket(session, number)[0]
            referrals.hand_on(
                session, made, again.endpoint_id, WORDS, by=again.asked_by, at=MORNING
            )
    assert Queue(database, lambda: tool.now).drain() == 1
    with database.reading() as session:
        made = session.get_one(Ticket, number)
        assert (made.state, made.outcome, made.result) == (State.RESOLVED, Outcome.NOT_OURS, WORDS)
        referral = session.get_one(Referral, referral_id)
        theirs = session.get_one(Ticket, int(referral.request_number or referral.token or 0))
        assert theirs.text == "路口井盖翘了，138****8000"
        assert theirs.area_id == made.area_id

    tool.later(hours=2)
    follow_all(database, tool.now)
    assert Queue(database, lambda: tool.now).drain() == 1
    assert state(database, referral_id) == ReferralState.FILED
    with database.writing() as session:
        theirs = session.get_one(Ticket, theirs.id)
        owner = actor(session, "property_staff")
        apply(session, theirs, Action.ACCEPT, by=owner, at=tool.now)
        done = {"reason": "井盖换新了", "outcome": Outcome.FIXED}
        apply(session, theirs, Action.RESOLVE, by=owner, at=tool.now, **done)
    tool.later(hours=1)
    follow_all(database, tool.now)
    Queue(database, lambda: tool.now).drain()
    assert state(database, referral_id) == ReferralState.ANSWERED
    words = told(database, "referral_answered")
    assert words[0].startswith(f"#{number} 转给隔壁街道的事，那边办结了：已解决: 井盖换新了")
    assert follow_all(database, tool.now) is None
    with database.reading() as session:
        verbs = session.scalars(
            select(Event.verb).where(Event.subject_id == number, Event.verb.like("referral%"))
        ).all()
    assert verbs == ["referral_asked", "referral_filed", "referral_answered"]


def test_what_is_never_closed_there_is_asked_after_ever_more_rarely_and_given_up_after_half_a_year(
    database: Database, broken: str
) -> None:
    factories.town(database)
    number, referral_id = handed_on(database, broken)
    with database.writing() as session:
        referrals.begin(session, referral_id, MORNING)
        referrals.filed(session, referral_id, "12", None, MORNING)
    asked = []
    for hours in range(0, 190 * 24, 4):
        now = MORNING + timedelta(hours=hours)
        if follow_all(database, now) is not None:
            asked.append(hours)
    waits = [later - former for former, later in zip(asked, asked[1:], strict=False)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (4, 24)
    assert asked[-1] < 182 * 24
    assert state(database, referral_id) == ReferralState.GIVEN_UP
    [words] = told(database, "referral_given_up")
    assert words.startswith(f"#{number} 转给隔壁街道半年了，那边一直没办结")


@pytest.mark.parametrize(
    ("status", "body", "ends"),
    [
        (400, b"<errors/>", ReferralState.REFUSED),
        (500, b"", ReferralState.IN_DOUBT),
        (200, b"not xml", ReferralState.IN_DOUBT),
        (200, b"<service_requests><request/></service_requests>", ReferralState.IN_DOUBT),
        (200, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ReferralState.IN_DOUBT),
    ],
)
def test_what_was_not_taken_stays_open_here_and_whoever_handed_it_on_is_told(
    database: Database, broken: str, status: int, body: bytes, ends: ReferralState
) -> None:
    factories.town(database)
    Broken.answers[:] = [(status, body)]
    number, referral_id = handed_on(database, broken)
    Queue(database, lambda: MORNING).drain()
    assert state(database, referral_id) == ends
    with database.reading() as session:
        assert session.get_one(Ticket, number).state == State.ACCEPTED
    [words] = told(database, "referral_failed")
    assert words.startswith(f"#{number} 没能转到隔壁街道：")
    assert Broken.asked == ["/requests.xml"]


def test_a_house_that_is_not_reached_is_tried_again_and_what_a_crash_left_is_never_sent_twice(
    database: Database,
) -> None:
    factories.town(database)
    _, referral_id = handed_on(database, "http://127.0.0.1:9")
    Queue(database, lambda: MORNING).drain()
    assert state(database, referral_id) == ReferralState.ASKED
    assert Queue(database, lambda: MORNING + TRIED_FOR).drain() == 1
    assert state(database, referral_id) == ReferralState.REFUSED
    with database.writing() as session:
        session.get_one(Referral, referral_id).state = ReferralState.SENDING
    with database.writing() as session:
        assert referrals.begin(session, referral_id, MORNING) is None
    assert state(database, referral_id) == ReferralState.IN_DOUBT


def test_only_what_betrays_nobody_is_handed_on_and_only_by_who_may_end_it(
    database: Database,
) -> None:
    factories.town(database)
    with database.writing() as session:
        accusing = ticket(session, building(session), category="facility", about=About.PROPERTY)
        quarrel = ticket(session, building(session), category="neighbor_dispute")
        lamp = ticket(session, building(session), category="facility")
        with pytest.raises(EndpointUnfit):
            endpoints.add(session, "坏的", "ftp://x", "k", {"other": "1"}, at=MORNING)
        with pytest.raises(EndpointUnfit):
            endpoints.add(session, "坏的", "https://x.example", "k", {}, at=MORNING)
        url = "https://x.example/open311/v2"
        endpoint = endpoints.add(session, "外地", url, "k", {"other": "1"}, at=MORNING)
        staff = demo_person(session, "community_staff")
        resident = demo_person(session, "resident")
        for one, by in ((accusing, staff), (quarrel, staff), (lamp, resident), (lamp, staff)):
            with pytest.raises(NotAllowed):
                referrals.hand_on(session, one, endpoint.id, WORDS, by=by, at=MORNING)
        endpoints.end(session, "外地", at=MORNING)
        assert endpoints.in_use(session) == []


def test_a_house_that_has_too_much_to_do_just_now_is_tried_again(
    database: Database, broken: str
) -> None:
    factories.town(database)
    Broken.answers[:] = [(429, b"")]
    _, referral_id = handed_on(database, broken)
    Queue(database, lambda: MORNING).drain()
    assert state(database, referral_id) == ReferralState.ASKED


@pytest.mark.parametrize("agrees", [False, True])
def test_name_and_phone_go_along_only_where_the_reporter_agreed(
    database: Database, agrees: bool
) -> None:
    factories.town(database)
    ticket_id, referral_id = handed_on(database, "http://127.0.0.1:1")
    with database.writing() as session:
        reporter = session.get_one(Ticket, ticket_id).reporter_id
        person = session.get_one(Person, reporter)
        person.name, person.phone = "居民甲", "13800000031"
        if agrees:
            purpose, door = Purpose.HANDING_ON, ConsentDoor.CHAT
            privacy_consents.give(session, reporter, purpose, door=door, at=MORNING)
        form = referrals.begin(session, referral_id, MORNING)
    contact = {"first_name": "居民甲", "phone": "13800000031"} if agrees else {}
    assert form is not None
    assert {name: form[name] for name in ("first_name", "phone") if name in form} == contact
