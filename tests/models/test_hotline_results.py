"""What goes back to the hotline: once, again when it has changed, for the matter as it went on."""

from datetime import timedelta

from sqlalchemy.orm import Session

from models import erasure
from models.hotline import orders, results
from models.hotline.cells import Order
from models.hotline.results import NOT_HANDED, Result
from models.hotline.table import HotlineOrder
from models.metrics import rebuilding
from models.ticket_flow import Action, Outcome
from models.tickets import supporting
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests import factories
from tests.factories import MORNING, actor, building, person, ticket

WORDS = "已换灯泡\n=1+1"


def carried(session: Session, number: str, one: Ticket, caller_id: int) -> HotlineOrder:
    return orders.enter(session, lamp(number), one, caller_id, at=MORNING)


def lamp(number: str) -> Order:
    return Order(source="12345", number=number, words="路灯坏了")


def new(session: Session) -> list[Result]:
    return results.found(session, NOT_HANDED, after=0, limit=50)


def told(session: Session) -> list[tuple[str, str, int | None]]:
    """What is new, which has gone back once it was read."""
    found = new(session)
    handed = [one.told for one in found]
    results.hand_over(session, handed, by=factories.demo_person(session, "admin"), at=MORNING)
    return [(one.number, one.outcome, one.stars) for one in found]


def resolved(session: Session, one: Ticket, hours: int, outcome: Outcome = Outcome.FIXED) -> None:
    owner, at = Actor(one.owner_id), MORNING + timedelta(hours=hours)
    apply(session, one, Action.ACCEPT, by=owner, at=at)
    apply(session, one, Action.RESOLVE, by=owner, at=at, reason=WORDS, outcome=outcome)


def test_an_end_goes_back_once_and_again_when_somebody_rates_it_or_it_ends_anew(store) -> None:
    factories.town(store)
    with store.writing() as session:
        one = ticket(session, building(session), MORNING)
        joined = person(session, "居民B").id
        own = carried(session, "R-1", one, one.reporter_id)
        orders.join(session, lamp("R-2"), one, joined, by=joined, at=MORNING)
        assert told(session) == []
        resolved(session, one, 1, Outcome.CANNOT_FIX)
        [first, _] = new(session)
        assert (first.words, first.ended_at) == (WORDS, MORNING + timedelta(hours=1))
        assert told(session) == [("R-1", "cannot_fix", None), ("R-2", "cannot_fix", None)]
        assert told(session) == []
        rate = {"is_solved": True, "stars": 4, "by": joined}
        supporting.rate(session, one, **rate, at=MORNING + timedelta(hours=2))
        assert told(session) == [("R-2", "cannot_fix", 4)]
        later = MORNING + timedelta(hours=3)
        unhappy = {"solved": False, "stars": 1}
        apply(session, one, Action.REOPEN, by=Actor(one.reporter_id), at=later, **unhappy)
        assert told(session) == []
        resolved(session, one, 5)
        assert told(session) == [("R-1", "fixed", None), ("R-2", "fixed", None)]
        assert [one.number for one in results.found(session, after=own.id, limit=9)] == ["R-2"]
        assert rebuilding.compare(session, MORNING + timedelta(hours=6)).agrees


def test_where_a_ticket_was_merged_the_matter_that_goes_on_is_told_of(store) -> None:
    factories.town(store)
    with store.writing() as session:
        first, second, third = (ticket(session, building(session), MORNING) for _ in range(3))
        carried(session, "M-1", first, first.reporter_id)
        staff = actor(session, "community_staff")
        for one, into in ((first, second), (second, third)):
            apply(session, one, Action.MERGE, by=staff, at=MORNING, reason="同一件", into=into)
        assert new(session) == []
        resolved(session, third, 2)
        [result] = new(session)
        assert (result.ticket_id, result.outcome) == (third.id, "fixed")


def test_who_is_erased_leaves_the_number_and_no_word(store) -> None:
    factories.town(store)
    with store.writing() as session:
        caller = person(session, "居民B").id
        one = ticket(session, building(session), MORNING)
        row = carried(session, "E-1", one, caller)
        erasure.erase(session, caller, MORNING)
        session.expire_all()
        assert (row.number, row.words, row.title, row.others) == ("E-1", None, None, None)
        again = Order(source="12345", number="E-1", words="路灯还坏着", said=frozenset({"text"}))
        assert not orders.change(session, row, again, by=caller, at=MORNING)
        assert row.words is None
