"""Union ids asked of the platform over real HTTP, on both stores."""

from sqlalchemy import select

from jobs.identities import look_up
from models.people import Identity, Person
from tests.jobs.town import NOON, Town


def union_ids(town: Town) -> list[str | None]:
    with town.store.reading() as session:
        return list(session.scalars(select(Person.union_id).order_by(Person.id)))


def test_newcomers_are_asked_about_once(town: Town) -> None:
    town.neighbour()
    town.neighbour()
    assert look_up(town.store, town.client, NOON) == 2
    found = union_ids(town)
    assert None not in found
    assert len(set(found)) == 2
    before = len(town.wechat.calls())
    assert look_up(town.store, town.client, NOON) == 0
    assert len(town.wechat.calls()) == before


def test_whom_the_platform_does_not_answer_about_is_asked_about_again(town: Town) -> None:
    town.neighbour()
    fault = town.wechat.fault("drop_before", path="/cgi-bin/user/info")
    assert look_up(town.store, town.client, NOON) == 0
    town.wechat.clear_faults(fault)
    assert look_up(town.store, town.client, NOON) == 1


def test_a_refused_openid_does_not_hold_up_the_others(town: Town) -> None:
    town.neighbour()
    town.neighbour()
    with town.store.writing() as session:
        first = session.scalars(select(Identity).order_by(Identity.id)).first()
        assert first is not None
        first.openid = "no-such-openid"
    assert look_up(town.store, town.client, NOON) == 1
    with town.store.reading() as session:
        assert None not in session.scalars(select(Identity.looked_up_at)).all()
