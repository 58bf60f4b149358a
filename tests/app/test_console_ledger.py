"""The message ledger: who finds which message, what is said of it, and what is done about it."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.policy import load
from models import outbox
from models.events import Event
from models.ledger import lists
from models.ledger.acting import STEPS, Act
from models.ledger.lists import STATES, Group
from models.ledger.wording import errcodes, kind_of
from models.outbox import Delivery, OutboxMessage
from models.tickets.table import About, Ticket
from tests.app.test_console_access import plain, seen_by
from tests.app.test_console_exports import taken
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import building, demo_person, ticket

PATH = "/console/messages"


def kept(
    session: Session,
    who: int | None,
    state: Delivery,
    at: datetime,
    template: str = "ticket_accepted",
    about: Ticket | None = None,
    **more: Any,
) -> int:
    """A message with what became of it."""
    number = session.scalar(select(func.count()).select_from(OutboxMessage))
    key = f"kept-{number}"
    draft = {"person_id": who, "account": "main", "template": template, "context": {}}
    about_id = about.id if about else None
    outbox.queue(session, [{**draft, "unique_key": key, "created_at": at, "ticket_id": about_id}])
    lease = {"lease_token": "x", "begun_at": at} if state is Delivery.SENDING else {}
    row = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.unique_key == key)
        .values(state=state, **lease, **more)
        .returning(OutboxMessage.id)
    )
    return int(row.scalar_one())


def shown(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'data-(?:message|call)="(\d+)"', text)]


def listed(visitor: Visitor, path: str = PATH, **query: str) -> list[int]:
    """Every message on every page."""
    return [number for text in pages(visitor, path, **query) for number in shown(text)]


def pages(visitor: Visitor, path: str, **query: str) -> Iterator[str]:
    answer = visitor.get(path, query_string=query)
    while True:
        assert answer.status_code == 200
        yield answer.text
        further = re.search(r'rel="next" href="([^"]+)"', answer.text)
        if further is None:
            return
        answer = visitor.get(further[1].replace("&amp;", "&"))


def state_of(house: House, number: int) -> Delivery:
    with house.database.reading() as session:
        return session.get_one(OutboxMessage, number).state


def every_state(house: House) -> dict[Delivery, int]:
    """One message in each state, to the reporter of a matter of the community."""
    with house.database.writing() as session:
        one = ticket(session, building(session), house.now)
        return {
            state: kept(session, one.reporter_id, state, house.now, about=one) for state in Delivery
        }


def test_every_errcode_of_the_sender_has_its_words_and_no_other_has() -> None:
    ruled = [code for row in load("channels")["wechat"]["rules"] for code in row["codes"]]
    worded = [code for row in load("errcodes")["words"] for code in row["codes"]]
    assert sorted(ruled) == sorted(worded) and len(set(worded)) == len(worded)
    assert all(one.means and one.todo for one in errcodes().values())


def test_whoever_objected_or_wrote_at_an_hour_is_in_no_list() -> None:
    for hidden in ("objection_answered", "late_reply", "legacy_told_planned", "message_failed"):
        assert kind_of(hidden) is None


def test_each_message_is_in_the_lists_of_its_state_and_the_counts_are_their_lengths(
    either_house: House,
) -> None:
    made = every_state(either_house)
    community = either_house.signed_in("community_staff")
    with either_house.database.reading() as session:
        when = {one.id: one.state for one in session.scalars(select(OutboxMessage))}
    for group in Group:
        found = listed(community, group=group)
        own = [number for number in found if number in made.values()]
        assert sorted(own) == sorted(made[one] for one in STATES[group]), group
        assert {when[number] for number in found} <= set(STATES[group])
        told = re.search(
            rf'group={group}"[^>]*>[^<]*<span class="number">(\d+)', community.get(PATH).text
        )
        assert (told is None) == (group in (Group.GOING, Group.GONE, Group.CANCELLED))
        assert told is None or int(told[1]) == len(found)
    assert len(listed(community, path=PATH + "/calls")) == 1


@pytest.mark.parametrize("role", ["community_staff", "subdistrict_staff"])
def test_nobody_finds_or_settles_a_message_of_a_matter_that_is_hidden_from_them(
    house: House, role: str
) -> None:
    of_ticket = {}
    with house.database.writing() as session:
        places = (building(session), building(session, 1, "和平家园"), None)
        for place in places:
            for about in (None, *About):
                one = ticket(session, place, house.now, about=about)
                who = one.reporter_id
                of_ticket[kept(session, who, Delivery.FAILED, house.now, about=one)] = one.id
    visitor = house.signed_in(role)
    with house.database.reading() as session:
        me = demo_person(session, role)
    visible = seen_by(house.database, me, house.now)
    expected = {number for number, about in of_ticket.items() if about in visible}
    assert 0 < len(expected) < len(of_ticket)
    found = set(listed(visitor, group="failed"))
    assert found & of_ticket.keys() == expected
    assert set(listed(visitor, path=PATH + "/calls")) & of_ticket.keys() <= expected
    rows = taken(visitor, "messages", group="failed")
    assert {int(row[0]) for row in rows[1:]} == found
    gone = visitor.post(f"{PATH}/99999", {"act": "told"})
    for number in of_ticket.keys() - expected:
        for path in (f"{PATH}/{number}", f"{PATH}/{number}/told"):
            answer = visitor.post(path, {"act": "told"})
            assert answer.status_code == 404
            assert plain(answer.text) == plain(gone.text)
        assert state_of(house, number) is Delivery.FAILED


def test_a_reporter_is_named_nowhere_and_no_openid_is_shown(house: House) -> None:
    with house.database.writing() as session:
        head = demo_person(session, "building_head")
        one = ticket(session, building(session), house.now, reporter=head)
        kept(session, head, Delivery.FAILED, house.now, about=one, errcode=43004)
        kept(session, head, Delivery.FAILED, house.now, "task_new", one)
        kept(session, head, Delivery.FAILED, house.now, "notice_went_out")
    community = house.signed_in("community_staff")
    for path in (PATH, PATH + "/calls"):
        text = community.get(path).text
        assert "报事的居民" in text and "demo-" not in text
        for entry in text.split('<li class="entry')[1:]:
            named = f"/console/people/{head}" in entry
            assert named == (f"/console/tickets/{one.id}" not in entry), path
    assert "他没有关注公众号" in community.get(PATH).text
    rows = taken(community, "messages", group="failed")
    assert all(row[3] == "报事的居民" for row in rows if row[12] == f"#{one.id}")
    assert [row[7:9] for row in rows if row[7] == "43004"] == [["43004", "他没有关注公众号"]]


def test_conditions_narrow_the_list_and_bent_ones_narrow_nothing(house: House) -> None:
    before = house.now - timedelta(days=3)
    with house.database.writing() as session:
        one = ticket(session, building(session), house.now)
        who = one.reporter_id
        refused = kept(session, who, Delivery.FAILED, house.now, about=one, errcode=43101)
        old = kept(session, who, Delivery.FAILED, before, about=one, channel="template")
        noted = "40037 template id refused"
        held = kept(session, who, Delivery.HELD, house.now, about=one, reason=noted)
        kept(session, who, Delivery.FAILED, house.now - timedelta(days=40), about=one)
    community = house.signed_in("community_staff")
    everything = set(listed(community))
    assert everything >= {refused, old, held}
    assert listed(community, errcode="43101") == [refused]
    assert listed(community, errcode="40037") == [held]
    assert listed(community, channel="template") == [old]
    assert listed(community, day=f"{before:%Y-%m-%d}") == [old]
    assert set(listed(community, errcode="x", channel="x", day="2026-02-31")) == everything
    assert set(listed(community, errcode="--1", group="x", before="x")) == everything


def test_what_may_be_done_is_what_the_table_says_and_each_act_is_an_event(house: House) -> None:
    made = every_state(house)
    community = house.signed_in("community_staff")
    for act in Act:
        for state, number in made.items():
            answer = community.post(f"{PATH}/{number}", {"act": act, "query_group": "failed"})
            new = STEPS.get((state, act))
            assert answer.status_code == (302 if new else 409), (state, act)
            assert state_of(house, number) == (new or state)
            if new:
                assert "group=failed" in answer.location
            with house.database.writing() as session:
                session.get_one(OutboxMessage, number).state = state
    with house.database.reading() as session:
        said = session.scalars(select(Event).where(Event.verb == "message_settled")).all()
        me = demo_person(session, "community_staff")
    assert {(one.old, one.detail["act"], one.new) for one in said} == {
        (old, act, new) for (old, act), new in STEPS.items()
    }
    assert {one.actor_id for one in said} == {me}
    assert community.post(f"{PATH}/{made[Delivery.FAILED]}", {"act": "x"}).status_code == 404


def test_a_message_sent_again_has_all_its_tries_and_waits_for_the_morning(house: House) -> None:
    house.now = datetime(2026, 3, 3, 15, 30, tzinfo=UTC)  # half past eleven at night
    with house.database.writing() as session:
        one = ticket(session, building(session), house.now)
        again = kept(
            session, one.reporter_id, Delivery.FAILED, house.now, about=one, attempts=40, errcode=-1
        )
        blocked = kept(
            session, one.reporter_id, Delivery.FAILED, house.now, about=one, errcode=43019
        )
        over = house.now - timedelta(minutes=1)
        late = kept(session, one.reporter_id, Delivery.HELD, house.now, about=one, expires_at=over)
    community = house.signed_in("community_staff")
    assert community.post(f"{PATH}/{again}", {"act": "again"}).status_code == 302
    with house.database.reading() as session:
        row = session.get_one(OutboxMessage, again)
        assert (row.state, row.attempts, row.channel) == (Delivery.QUEUED, 0, None)
        assert row.not_before == datetime(2026, 3, 4, 0, 0, tzinfo=UTC)
    assert community.post(f"{PATH}/{blocked}", {"act": "again"}).status_code == 409
    assert "他不收公众号的消息" in community.get(PATH).text
    assert community.post(f"{PATH}/{late}", {"act": "again"}).status_code == 422


def call_of(house: House) -> tuple[Sequence[int], int]:
    """Three messages to one head about their post, one to them as a reporter."""
    with house.database.writing() as session:
        head = demo_person(session, "building_head")
        one = ticket(session, building(session), house.now, reporter=head)
        post = [
            kept(session, head, state, house.now, "leave_over")
            for state in (Delivery.FAILED, Delivery.HELD, Delivery.IN_DOUBT)
        ]
        return post, kept(session, head, Delivery.FAILED, house.now, about=one)


def test_who_was_told_by_phone_leaves_the_call_list_with_all_that_stood_in_the_entry(
    either_house: House,
) -> None:
    post, reported = call_of(either_house)
    community = either_house.signed_in("community_staff")
    calls = listed(community, path=PATH + "/calls")
    assert post[-1] in calls and reported in calls and post[0] not in calls
    page = community.get(PATH + "/calls").text
    assert f'电话名单 <span class="number">{len(calls)}</span>' in page and "等 3 条" in page
    with either_house.database.writing() as session:
        head = demo_person(session, "building_head")
        later = kept(session, head, Delivery.FAILED, either_house.now, "leave_over")
    assert community.post(f"{PATH}/{post[-1]}/told").status_code == 302
    assert [state_of(either_house, one) for one in post] == [Delivery.CONFIRMED] * 3
    assert state_of(either_house, reported) is Delivery.FAILED
    assert state_of(either_house, later) is Delivery.FAILED  # it came after the page was shown
    assert community.post(f"{PATH}/{post[-1]}/told").status_code == 409


def test_long_lists_go_on_page_by_page_in_few_queries(house: House) -> None:
    with house.database.writing() as session:
        head = demo_person(session, "building_head")
        made = [
            kept(
                session, head, Delivery.FAILED, house.now, about=ticket(session, building(session))
            )
            for _ in range(60)
        ]
    community = house.signed_in("community_staff")
    for path in (PATH, PATH + "/calls"):
        found = listed(community, path=path)
        assert len(found) == len(set(found)) and set(made) <= set(found)
        assert queries_of(house.database, lambda: community.get(path)) <= 12  # noqa: B023
    assert len(taken(community, "messages")) == len(listed(community)) + 1


def test_the_lists_of_trouble_read_their_own_index(house: House) -> None:
    with house.database.reading() as session:
        me = demo_person(session, "community_staff")
        reader = lists.reader_of(session, me, house.now)
        for group in (Group.TROUBLE, Group.FAILED, Group.HELD):
            wanted = [*lists._of_group(group), lists.visible(reader, house.now)]
            found = select(OutboxMessage.id).where(*wanted).order_by(OutboxMessage.id.desc())
            words = found.compile(session.connection(), compile_kwargs={"literal_binds": True})
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()
            assert any("ix_outbox_troubled" in row[3] for row in plan), plan
