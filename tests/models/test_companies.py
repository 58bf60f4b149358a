"""Contracts of property companies: one company an estate and day, and the log of it."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.base import Database
from models.companies import (
    Company,
    ServiceContract,
    company_named,
    contract_of,
    end,
    hand_over,
    sign,
)
from models.errors import AlreadyDone, NotAllowed, NotFound, TooLate
from models.events import Event
from models.places import Area, AreaKind
from tests.factories import MORNING, area, area_named, demo_person, town

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


@pytest.fixture
def estate(store: Database) -> int:
    with store.writing() as session:
        return area(session, AreaKind.ESTATE, "新苑").id


def signed(
    session: Session, estate_id: int, first: date, last: date | None, name: str = "甲物业公司"
) -> ServiceContract:
    where = session.get_one(Area, estate_id)
    company = company_named(session, name)
    return sign(session, company, where, first, last, by=None, at=MORNING)


def company_on(session: Session, estate_id: int, day: date) -> str | None:
    found = contract_of(session, estate_id, day)
    return session.get_one(Company, found.company_id).name if found else None


def test_the_day_says_which_company_serves_an_estate(store: Database, estate: int) -> None:
    with store.writing() as session:
        signed(session, estate, FIRST, LAST)
        signed(session, estate, date(2026, 7, 1), None, "乙物业公司")
        for day, name in (
            (date(2025, 12, 31), None),
            (FIRST, "甲物业公司"),
            (LAST, "甲物业公司"),
            (date(2026, 7, 1), "乙物业公司"),
            (date(2030, 1, 1), "乙物业公司"),
        ):
            assert company_on(session, estate, day) == name


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (LAST, None),
        (date(2025, 1, 1), FIRST),
        (date(2026, 2, 1), date(2026, 3, 1)),
        (date(2025, 1, 1), None),
    ],
)
def test_two_companies_never_serve_one_estate_on_one_day(
    store: Database, estate: int, first: date, last: date | None
) -> None:
    with store.writing() as session:
        signed(session, estate, FIRST, LAST)
        with pytest.raises(AlreadyDone):
            signed(session, estate, first, last, "乙物业公司")


def test_a_contract_ends_on_its_last_day_and_the_log_says_who_did_it(
    store: Database, estate: int
) -> None:
    with store.writing() as session:
        contract = signed(session, estate, FIRST, None)
        end(session, contract, LAST, by=None, at=MORNING)
        assert company_on(session, estate, LAST) is not None
        assert company_on(session, estate, date(2026, 7, 1)) is None
        told = session.execute(
            select(Event.verb, Event.area_id, Event.detail).where(
                Event.subject_kind == "service_contract", Event.subject_id == contract.id
            )
        ).all()
        kept = {"company": contract.company_id, "starts_on": "2026-01-01"}
        assert [tuple(one) for one in told] == [
            ("contract_signed", estate, {**kept, "ends_on": None}),
            ("contract_ended", estate, {**kept, "ends_on": "2026-06-30"}),
        ]


def test_what_makes_no_sense_is_refused(store: Database, estate: int) -> None:
    with store.writing() as session:
        with pytest.raises(TooLate):
            signed(session, estate, LAST, FIRST)
        grid = area(session, AreaKind.COMMUNITY, "新社区")
        with pytest.raises(NotFound):
            signed(session, grid.id, FIRST, None)
        contract = signed(session, estate, FIRST, LAST)
        for day in (date(2025, 12, 31), date(2026, 7, 1)):
            with pytest.raises(TooLate):
                end(session, contract, day, by=None, at=MORNING)
        assert contract.ends_on == LAST


def test_the_store_itself_knows_no_contract_that_ends_before_it_starts(
    store: Database, estate: int
) -> None:
    with store.writing() as session:
        contract = signed(session, estate, FIRST, LAST)
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text("UPDATE service_contracts SET ends_on = '2025-01-01' WHERE id = :id"),
                {"id": contract.id},
            )


def test_an_estate_changes_hands_on_a_day_without_a_gap(store: Database, estate: int) -> None:
    with store.writing() as session:
        old = signed(session, estate, FIRST, None)
        where, other = session.get_one(Area, estate), company_named(session, "乙物业公司")
        day = date(2026, 7, 1)
        hand_over(session, other, where, day, None, by=None, at=MORNING)
        assert old.ends_on == LAST
        assert company_on(session, estate, LAST) == "甲物业公司"
        assert company_on(session, estate, day) == "乙物业公司"
        with pytest.raises(AlreadyDone):
            hand_over(session, other, where, date(2027, 1, 1), None, by=None, at=MORNING)


def test_only_staff_of_the_place_sign_end_and_hand_over(database: Database) -> None:
    town(database)
    with database.writing() as session:
        where = area_named(session, "幸福里小区")
        running = contract_of(session, where.id, MORNING.date())
        assert running is not None
        for who in (("property_staff", 1), ("community_staff", 3), ("committee_member", 1)):
            with pytest.raises(NotAllowed):
                end(session, running, LAST, by=demo_person(session, *who), at=MORNING)
        end(session, running, LAST, by=demo_person(session, "community_staff"), at=MORNING)
        assert running.ends_on == LAST
