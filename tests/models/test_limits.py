"""Limits that staff set: the house, then each area around a place, the nearest last."""

import pytest

from config.categories import LEVEL_ONE, Urgency
from config.policy import load
from models import policies, sla, work_calendars
from models.base import Database
from models.sla import Limit, ServiceTerms
from tests.factories import MORNING, area_named, town

ROWS = load("sla")["terms"]


def days(amount: int) -> dict:
    return {"noise": {"normal": {"resolve_days": amount, "resolve_minutes": 0}}}


def publish(database: Database, area: str | None, rows: dict) -> None:
    with database.writing() as session:
        area_id = area_named(session, area).id if area else None
        body = {"terms": rows}
        policies.publish(session, "sla", body, after=0, by=None, at=MORNING, area_id=area_id)


def limit_at(database: Database, area: str, category: str = "noise") -> Limit:
    with database.reading() as session:
        terms = work_calendars.terms_at(session, area_named(session, area).id)
        return terms.term(category, Urgency.NORMAL).resolve


def test_the_nearest_area_wins_whenever_it_spoke(database: Database) -> None:
    town(database)
    publish(database, "幸福社区", days(1))
    publish(database, None, days(6) | {"pets": {"normal": {"resolve_days": 9}}})
    publish(database, "和顺街道", days(4))
    assert limit_at(database, "幸福里小区") == limit_at(database, "幸福社区") == Limit(1, "days")
    assert limit_at(database, "和平社区") == Limit(4, "days")
    assert limit_at(database, "幸福里小区", "pets") == Limit(9, "days")
    assert limit_at(database, "幸福里小区", "parking") == Limit(5, "days")


def test_what_would_be_is_told_without_being_so(database: Database) -> None:
    town(database)
    publish(database, "幸福社区", days(1))
    with database.reading() as session:
        estate, street = (area_named(session, one).id for one in ("幸福里小区", "和顺街道"))
        before = work_calendars.terms_at(session, estate)
        around = work_calendars.terms_if(session, estate, street, days(8))
        assert around.differing(before) == [], "the community has its own"
        root = work_calendars.terms_if(session, street, street, days(8))
        assert root.differing(sla.shipped()) == [("noise", Urgency.NORMAL)]
        assert work_calendars.terms_at(session, street).differing(sla.shipped()) == []


def test_a_changed_default_moves_all_that_follow_it() -> None:
    rows = {"default": {"urgent": {"accept_minutes": 20}}}
    changed = ServiceTerms(load("sla"), (), [rows]).differing(sla.shipped())
    own = {one for one in LEVEL_ONE if "accept_minutes" in ROWS.get(one, {}).get("urgent", {})}
    assert {one for one, _ in changed} == {None, *LEVEL_ONE} - own
    assert {urgency for _, urgency in changed} == {Urgency.URGENT}


@pytest.mark.parametrize("limits", [{"accept_minutes": 9999}, {"resolve_days": 0.001}, {"by": 3}])
def test_a_row_that_contradicts_itself_is_named(limits: dict) -> None:
    assert sla.contradicting(ROWS) == []
    assert sla.contradicting(sla.overlaid(ROWS, [{"pets": {"normal": limits}}])) == ["pets"]
