"""What a change of the dispatch table would bring: the next owners, and places with nobody."""

from sqlalchemy import select

from models import dispatch_outlook as outlook
from models import policies
from models.base import Database
from models.posts import Post, Role
from models.tickets.table import About
from tests.factories import MORNING, area_named, town

LEADER = {"owner": ["grid_leader"], "helpers": [], "department": "fire"}


def test_the_next_matter_is_planned_where_different_posts_serve(store: Database) -> None:
    town(store)
    with store.writing() as session:
        here = area_named(session, "幸福社区").id
        house = area_named(session, "和顺街道").id
        places = outlook.examples(session, [here])
        assert len(places) == outlook.PLACES and places[0].name == "幸福里小区1号楼"
        assert outlook.examples(session, []) == []
        body = {"category": {"parking": LEADER}}
        found = outlook.nexts(session, places, ["parking", "noise"], here, body, MORNING)
        owners = [(one.before.owner, one.after.owner) for one in found["parking"]]
        assert [(a.role, b.role) for a, b in owners if a and b] == [
            (Role.PROPERTY_STAFF, Role.GRID_LEADER)
        ] * len(places)
        assert len({after.person_id for _, after in owners if after}) > 1
        assert all(one.before == one.after for one in found["noise"])
        policies.publish(
            session, "dispatch", body, after=0, by=None, at=MORNING, area_id=here
        )  # what the community says stands, whatever the house says
        other = {"category": {"parking": {"owner": ["duty_desk"]}}}
        found = outlook.nexts(session, places, ["parking"], None, other, MORNING)
        assert all(one.before == one.after for one in found["parking"])
        everywhere = outlook.examples(session, [house])
        assert len({place.area_id for place in everywhere}) == outlook.PLACES


def test_a_matter_about_the_company_is_planned_past_it_whatever_was_written(
    database: Database,
) -> None:
    town(database)
    with database.reading() as session:
        assert outlook.guarded_from("property_fee") is About.PROPERTY
        assert outlook.guarded_from("parking") is None
        places = outlook.examples(session, [area_named(session, "幸福社区").id])
        body = {"category": {"property_fee": {"owner": ["property_staff"]}}}
        found = outlook.nexts(session, places, ["property_fee"], None, body, MORNING)
        assert all(one.after == one.before for one in found["property_fee"])
        assert found["property_fee"][0].after.owner is not None
        assert found["property_fee"][0].after.owner.role == Role.COMMUNITY_STAFF


def test_buildings_that_nobody_serves_are_counted_and_the_first_are_named(store: Database) -> None:
    town(store)
    with store.writing() as session:
        here = [area_named(session, "幸福社区").id]
        assert outlook.unserved(session, here, LEADER, MORNING) is None
        leaders = session.scalars(select(Post).where(Post.role == Role.GRID_LEADER)).all()
        for one in leaders:
            one.until = MORNING
        found = outlook.unserved(session, here, LEADER, MORNING)
        assert found is not None and found.count > len(found.first) == outlook.NAMED
        both = LEADER | {"owner": ["grid_leader", "department_liaison"]}
        assert outlook.unserved(session, here, both, MORNING) is None
        nobody = both | {"department": "lighthouse"}
        assert outlook.unserved(session, here, nobody, MORNING) == found
