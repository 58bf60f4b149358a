"""Who gets a class first where staff said otherwise: layers of places, and what stays closed."""

from typing import Any

from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from models import dispatch, on_duty, policies
from models.base import Database
from models.dispatch_changes import AS_SHIPPED, changes_at, changes_outside, changes_tried, row_of
from models.posts import Role
from models.tickets.opening import Report, open_ticket
from models.tickets.table import About, Ticket
from tests.factories import MORNING, area_named, building, demo_person, ticket, town
from tests.statements import counted

WORKER_FIRST = {"parking": {"owner": ["grid_worker"], "helpers": [], "department": "fire"}}


def say(session: Session, rows: dict[str, Any], area_id: int | None = None) -> None:
    last = policies.current(session, "dispatch", area_id)
    after = last.version if last else policies.AS_SHIPPED
    body = {"category": rows} if rows else {}
    policies.publish(session, "dispatch", body, after=after, by=None, at=MORNING, area_id=area_id)


def owner_role(session: Session, one: Ticket) -> Role:
    holders = on_duty.holders_at(session, one.area_id or 0, MORNING)
    return next(holder.role for holder in holders if holder.post_id == one.owner_post_id)


def test_the_nearest_area_that_said_something_decides_and_the_rest_stays(store: Database) -> None:
    town(store)
    with store.writing() as session:
        here, there = building(session, 3), building(session, 1, "和平家园")
        community = area_named(session, "幸福社区").id
        assert changes_at(session, here.id) == AS_SHIPPED
        say(session, {"parking": {"owner": ["grid_leader"]}, "noise": {"department": "housing"}})
        house = changes_at(session, None)
        assert changes_at(session, here.id) == changes_at(session, there.id) == house
        say(session, WORKER_FIRST, community)
        found = row_of("parking", changes_at(session, here.id))
        assert (found["owner"], found["department"]) == (["grid_worker"], "fire")
        assert row_of("noise", changes_at(session, here.id))["department"] == "housing"
        assert changes_at(session, there.id) == changes_outside(session, community) == house
        assert changes_outside(session, None) == AS_SHIPPED
        now = changes_at(session, here.id)
        without = changes_tried(session, [here.id, there.id], community, {})
        assert without == {here.id: (now, house), there.id: (house, house)}
        assert changes_tried(session, [here.id], None, {})[here.id] == (now, now[1:])
        owners = [owner_role(session, ticket(session, one, category="parking")) for one in (here,)]
        owners.append(owner_role(session, ticket(session, there, category="parking")))
        assert owners == [Role.GRID_WORKER, Role.GRID_LEADER]
        say(session, {}, community)
        say(session, {})
        one = ticket(session, here, category="parking")
        assert owner_role(session, one) == Role.PROPERTY_STAFF
        assert changes_at(session, here.id) == AS_SHIPPED


def test_no_change_reaches_those_whom_a_matter_is_about_or_who_is_alerted(store: Database) -> None:
    town(store)
    with store.writing() as session:
        place = building(session, 3)
        say(session, {"property_service": {"owner": ["property_staff", "grid_worker"]}})
        kept = changes_at(session, place.id)
        matter = ("property_service", Urgency.NORMAL, Intent.REPORT)
        rule = dispatch.rule_for(*matter, About.PROPERTY, None, True, kept)
        assert rule.owner == ("community_staff",) and rule.hidden_from == {"property_staff"}
        fire = ("property_service", Urgency.EMERGENCY, Intent.REPORT, None, "fire")
        assert dispatch.rule_for(*fire, True, kept) == dispatch.rule_for(*fire, True)
        unknown = dispatch.rule_for(*matter, None, None, False, kept)
        assert unknown.owner == ("duty_desk", "subdistrict_staff")


def test_what_the_house_has_no_longer_stops_no_report(store: Database) -> None:
    town(store)
    with store.writing() as session:
        place = building(session, 3)
        gone = {"parking": {"owner": ["lamplighter", "building_head"], "hidden_from": []}}
        say(session, gone | {"weather": {"owner": ["grid_worker"]}})
        assert changes_at(session, place.id) == ('{"parking": {}}',)
        assert owner_role(session, ticket(session, place, category="parking")) == (
            Role.PROPERTY_STAFF
        )


def statements_of(database: Database, report: Report) -> list[str]:
    """Those of a block that opens one ticket, as the hot path does."""
    with counted(database) as said, database.writing() as session:
        open_ticket(session, report, MORNING)
    return said


def test_a_report_takes_the_same_statements_whatever_staff_changed(store: Database) -> None:
    town(store)
    with store.reading() as session:
        place, community = building(session, 3), area_named(session, "幸福社区").id
        report = Report(
            *("main", demo_person(session, "resident"), "楼上太吵", "noise", None),
            *(Urgency.NORMAL, Intent.REPORT, 0.9),
            area_id=place.id,
            community_id=community,
        )
    statements_of(store, report)  # from now on the looks of this place are in memory
    before = statements_of(store, report)
    with store.writing() as session:
        say(session, WORKER_FIRST | {"noise": {"department": "fire"}}, community)
    statements_of(store, report)
    assert statements_of(store, report) == before
    assert not [one for one in before if "policies" in one]
