"""Orders of the hotline: tickets of their own, or part of what a resident has reported."""

from datetime import datetime

import pytest
from sqlalchemy import select

from bots import hotline
from jobs.hotline import hotline_clock
from models import erasure
from models.errors import AlreadyDone, ReasonMissing, TooLate
from models.events import Event
from models.hotline import cells, orders
from models.hotline.cells import Order
from models.hotline.table import HotlineOrder
from models.localtime import SHANGHAI
from models.metrics import rebuilding
from models.outbox import OutboxMessage
from models.people import Person
from models.protection import may_see
from models.roster import phones
from models.ticket_flow import Outcome, State
from models.tickets.table import Note, Ticket
from tests import factories
from tests.chat import Town
from tests.factories import MORNING, demo_person

HEADINGS = ["工单号", "受理时间", "来电人", "联系电话", "诉求内容", "事发地址", "办结时限", "状态"]
LAMP = "路灯坏了，晚上看不见路"


@pytest.fixture
def town(store) -> Town:
    factories.town(store)
    return Town(store, MORNING)


def order(
    number: str, words: str = LAMP, *, due: str = "", state: str = "", phone: str = ""
) -> Order:
    row = [number, "2026-03-02 08:10", "", phone, words, "幸福里小区3号楼", due, state]
    [read] = cells.read([(1, HEADINGS), (2, row)])
    assert not read.problems
    return cells.order_of(read, "12345", MORNING)


def bring(town: Town, *brought: Order) -> list[str]:
    with town.database.writing() as session:
        by = demo_person(session, "subdistrict_staff")
        return [
            hotline.take(session, hotline.hear(one, town.lexicon), by=by, at=town.now)
            for one in brought
        ]


def one(town: Town, number: str) -> HotlineOrder:
    return town.look(lambda session: orders.numbered(session, "12345", number))


def ticket_of(town: Town, number: str) -> Ticket:
    return town.look(lambda session: session.get(Ticket, one(town, number).ticket_id))


def heard(town: Town, person_id: int | None, template: str) -> int:
    from_log = select(OutboxMessage.id).where(
        OutboxMessage.person_id == person_id,
        OutboxMessage.template == template,
    )
    return len(town.look(lambda session: session.scalars(from_log).all()))


def test_an_order_is_a_ticket_like_any_other_and_twice_is_once(town: Town) -> None:
    lift = order("A-1", "电梯里一直有异响，害怕", phone="13800001111")
    assert bring(town, lift, lift) == ["added", "unchanged"]
    ticket = ticket_of(town, "A-1")
    assert (ticket.category, ticket.place_name) == ("elevator", "幸福里小区3号楼")
    assert ticket.state == State.DISPATCHED and ticket.owner_id is not None
    assert ticket.opened_at == MORNING  # what was lost on the way here is none of ours
    detail = town.look(
        lambda s: s.scalars(select(Event.detail).where(Event.verb == "ticket_recorded")).one()
    )
    assert detail == {"channel": "hotline"}


def test_an_order_joins_the_residents_ticket_and_can_be_parted_from_it(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("幸福里小区3号楼的路灯坏了，晚上看不见路")
    assert bring(town, order("B-1")) == ["joined"]
    row, ticket = one(town, "B-1"), ticket_of(town, "B-1")
    assert ticket.reporter_id == resident.person_id and ticket.households == 2
    told = next(text for text in resident.received() if "也有人打热线反映了" in text)
    assert "B-1" not in told  # by its number the hotline tells of its caller
    assert heard(town, row.caller_id, "hotline_carried") == 1
    assert heard(town, ticket.owner_id, "task_hotline") == 1

    with town.database.writing() as session:
        by = demo_person(session, "subdistrict_staff")
        joined = orders.numbered(session, "12345", "B-1")
        own = hotline.part(session, joined, town.lexicon, by=by, at=town.later(minutes=5))
        assert own.text == LAMP and own.reporter_id == row.caller_id
        with pytest.raises(AlreadyDone):
            hotline.part(session, joined, town.lexicon, by=by, at=town.now)
    former = town.look(lambda session: session.get(Ticket, ticket.id))
    assert former.households == 1 and one(town, "B-1").ticket_id != former.id
    assert bring(town, order("B-1")) == ["unchanged"]


def test_an_order_whose_caller_was_erased_is_parted_no_more(town: Town) -> None:
    town.person("demo-resident-1").say("幸福里小区3号楼的路灯坏了，晚上看不见路")
    assert bring(town, order("B-2")) == ["joined"]
    with town.database.writing() as session:
        erasure.erase(session, orders.numbered(session, "12345", "B-2").caller_id, town.now)
    with town.database.writing() as session, pytest.raises(TooLate):
        by = demo_person(session, "subdistrict_staff")
        joined = orders.numbered(session, "12345", "B-2")
        hotline.part(session, joined, town.lexicon, by=by, at=town.now)


def test_the_same_callers_own_report_carries_the_order_without_counting_them_twice(
    town: Town,
) -> None:
    resident = town.person("demo-resident-1")
    resident.say("幸福里小区3号楼的路灯坏了，晚上看不见路")
    with town.database.writing() as session:
        person = session.get(Person, resident.person_id)
        phones.keep(person, "13800002222")
    assert bring(town, order("C-1", phone="138 0000 2222")) == ["joined"]
    assert ticket_of(town, "C-1").households == 1
    assert one(town, "C-1").caller_id == resident.person_id


def test_what_accuses_somebody_joins_nothing_and_tells_nobody_that_others_complain(
    town: Town,
) -> None:
    town.person("demo-resident-1").say("幸福里小区3号楼的路灯坏了，晚上看不见路")
    words = "投诉物业公司，幸福里小区3号楼的路灯坏了，晚上看不见路，找物业几次都不管"
    twice = [order("D-1", words, phone="13800001111"), order("D-2", words, phone="13800002222")]
    assert bring(town, *twice) == ["added", "added"]
    ticket = ticket_of(town, "D-1")
    assert ticket.about == "property" and ticket.hides_reporter


def test_words_that_accuse_who_works_on_an_order_become_a_matter_past_them(town: Town) -> None:
    bring(town, order("D-3"))
    accused = ticket_of(town, "D-3").owner_id
    to_accused = OutboxMessage.person_id == accused
    words = f"{LAMP}，物业收了钱不修，我要投诉物业"
    assert bring(town, order("D-3", words)) == ["changed"]
    assert bring(town, order("D-3", words)) == ["unchanged"]
    first, apart = town.look(lambda s: s.scalars(select(Ticket).order_by(Ticket.id)).all())
    assert (apart.about, apart.hides_reporter) == ("property", True)
    assert ticket_of(town, "D-3").id == apart.id and one(town, "D-3").words == words
    # One order is one matter: what the accused had is over for them, for a reason like any other.
    assert (first.state, first.owner_id) == (State.WITHDRAWN, accused)
    assert heard(town, accused, "task_withdrawn") == 1 and apart.owner_id != accused
    assert heard(town, one(town, "D-3").caller_id, "hotline_parted") == 1
    notes = town.look(lambda s: s.scalars(select(Note).where(Note.ticket_id == first.id)).all())
    assert notes == []
    told = town.look(lambda s: s.scalars(select(OutboxMessage.ticket_id).where(to_accused)).all())
    assert set(told) == {first.id}
    seen = [
        town.look(lambda s, one=one: may_see(s, one, accused, town.now)) for one in (first, apart)
    ]
    assert seen == [True, False]


def test_words_that_accuse_leave_a_matter_to_the_neighbours_who_stand_behind_it(
    town: Town,
) -> None:
    bring(town, order("D-4"), order("D-5"))
    assert one(town, "D-4").ticket_id == one(town, "D-5").ticket_id
    words = f"{LAMP}，物业收了钱不修，我要投诉物业"
    assert bring(town, order("D-4", words)) == ["changed"]
    shared = ticket_of(town, "D-5")
    assert shared.is_open and shared.reporter_left_at == town.now and shared.households == 1
    assert ticket_of(town, "D-4").about == "property"
    town.later(minutes=1)
    with town.database.writing() as session:
        by = demo_person(session, "subdistrict_staff")
        row = orders.numbered(session, "12345", "D-4")
        orders.give_back(session, row, "属于市里", by=by, at=town.now)
    assert ticket_of(town, "D-5").is_open


def test_the_hotline_changes_urges_and_withdraws_by_the_number(town: Town) -> None:
    bring(town, order("E-1"))
    assert bring(town, order("E-1", due="2026-03-03 12:00")) == ["changed"]
    ticket = ticket_of(town, "E-1")
    assert heard(town, ticket.owner_id, "task_hotline_due") == 1
    assert bring(town, order("E-1", due="2026-03-03 12:00", state="催办")) == ["changed"]
    assert ticket_of(town, "E-1").urged_at == town.now
    assert bring(town, order("E-1", due="2026-03-03 12:00", state="催办")) == ["unchanged"]
    assert bring(town, order("E-1", state="已撤单")) == ["changed"]
    assert ticket_of(town, "E-1").state == State.WITHDRAWN
    assert bring(town, order("E-1"), order("E-2", state="撤单")) == ["unchanged", "unchanged"]
    assert one(town, "E-2") is None


def test_the_hotlines_deadline_is_reminded_of_where_it_is_the_earlier_one(town: Town) -> None:
    bring(town, order("F-1", due="2026-03-05 12:00"), order("F-2", "电梯异响", due="2027-01-01"))
    owner = ticket_of(town, "F-1").owner_id
    for day, hour, told in (
        (3, 21, None),
        (3, 23, "hotline_reminded=1"),
        (4, 20, None),
        (4, 21, "hotline_reminded=1"),
        (5, 12, "hotline_overdue=1"),
        (5, 13, None),
    ):
        town.now = datetime(2026, 3, day, hour, tzinfo=SHANGHAI)
        assert hotline_clock(town.database, town.now) == told
    assert heard(town, owner, "task_hotline_reminded") == 2
    assert heard(town, owner, "task_hotline_overdue") == 1
    assert hotline_clock(town.database, town.later(days=400)) is None  # ours passed long before


def test_what_is_not_ours_goes_back_with_a_reason_and_counts_as_that(town: Town) -> None:
    bring(town, order("G-1"))
    with town.database.writing() as session:
        by = demo_person(session, "community_staff")
        row = orders.numbered(session, "12345", "G-1")
        with pytest.raises(ReasonMissing):
            orders.give_back(session, row, " ", by=by, at=town.later(minutes=3))
        orders.give_back(session, row, "属于市政道路", by=by, at=town.now)
        with pytest.raises(AlreadyDone):
            orders.give_back(session, row, "属于市政道路", by=by, at=town.now)
    ticket = ticket_of(town, "G-1")
    assert (ticket.state, ticket.outcome) == (State.RESOLVED, Outcome.NOT_OURS)
    assert one(town, "G-1").return_reason == "属于市政道路"


def test_nobody_sends_a_matter_back_that_residents_stand_behind(town: Town) -> None:
    bring(town, order("H-1"), order("H-2"))
    assert one(town, "H-1").ticket_id == one(town, "H-2").ticket_id
    with town.database.writing() as session:
        by = demo_person(session, "community_staff")
        with pytest.raises(orders.OrderShared):
            row = orders.numbered(session, "12345", "H-1")
            orders.give_back(session, row, "不归我们", by=by, at=town.now)
        joined = orders.numbered(session, "12345", "H-2")
        orders.give_back(session, joined, "重复了", by=by, at=town.now)
    ticket = ticket_of(town, "H-1")
    assert ticket.is_open and ticket.households == 1


def test_the_figures_count_a_matter_once_whatever_brought_it(town: Town) -> None:
    town.person("demo-resident-1").say("幸福里小区3号楼的路灯坏了，晚上看不见路")
    bring(town, order("I-1"), order("I-2", "电梯里一直有异响，害怕"))
    assert town.look(lambda session: len(session.scalars(select(Ticket.id)).all())) == 2
    with town.database.writing() as session:
        by = demo_person(session, "community_staff")
        row = orders.numbered(session, "12345", "I-2")
        orders.give_back(session, row, "不归我们", by=by, at=town.later(hours=1))
    opened = town.look(lambda session: session.scalars(select(Ticket.opened_at)).all())
    assert opened == [MORNING, MORNING]
    found = town.look(lambda session: rebuilding.compare(session, town.now))
    assert found.agrees
