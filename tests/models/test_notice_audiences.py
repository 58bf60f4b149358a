"""For whom a notice is meant: who hears of it, and who finds it in the list."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import erasure
from models.base import Database
from models.errors import NotAllowed, NotFound
from models.notices import actions, audience, lists
from models.notices.actions import NoticeUnfit, Reach
from models.notices.table import Channel, Notice, NoticeState, PersonTag, audiences
from models.outbox import OutboxMessage, Quiet
from models.tasks import Task
from tests import factories

NOW = factories.MORNING
NIGHT = NOW + timedelta(hours=14)  # 23:00


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database)
    return database


def who(session: Session, role: str, count: int = 1) -> int:
    return factories.demo_person(session, role, count)


def published(session: Session, reach: Reach, kind: str = "policy", body: str = "通知") -> Notice:
    notice = actions.draft(
        session,
        kind=kind,
        title="通知",
        body=body,
        area_id=factories.area_named(session, factories.ESTATE).id,
        by=who(session, "community_staff"),
        at=NOW,
        reach=reach,
    )
    second = who(session, "community_staff", 2)
    actions.review(session, notice, by=second, at=NOW)
    actions.schedule(session, notice, publish_at=NOW, by=second, at=NOW)
    actions.publish(session, notice, at=NOW)
    return notice


def meant(session: Session, *names: str) -> set[int]:
    return set(audience.people(session, published(session, Reach(names)), 0, NOW))


def test_a_post_hears_what_is_for_its_role_and_residents_what_is_for_them(
    town: Database,
) -> None:
    with town.writing() as session:
        head, resident = who(session, "building_head"), who(session, "resident")
        heads = meant(session, "building_heads")
        assert head in heads and resident not in heads
        assert who(session, "building_head", 5) not in heads, "of another estate"
        assert meant(session, "property_staff") == {who(session, "property_staff")}
        residents = meant(session, "residents")
        assert resident in residents and who(session, "property_staff") not in residents
        assert meant(session, "building_heads", "residents") == heads | residents
        everybody = meant(session, "everybody")
        assert heads | residents <= everybody


def test_every_audience_can_be_asked_and_counted(town: Database) -> None:
    with town.writing() as session:
        area_id = factories.area_named(session, factories.ESTATE).id
        for name in audiences():
            assert audience.count(session, area_id, [name], NOW) == len(meant(session, name)), name


def test_a_tag_makes_somebody_part_of_a_group_where_they_live(town: Database) -> None:
    with town.writing() as session:
        staff, owner = who(session, "community_staff"), who(session, "resident")
        assert meant(session, "owners") == set()
        for person_id in (owner, who(session, "resident", 8)):
            assert audience.tag(session, person_id, "owner", by=staff, at=NOW)
        assert not audience.tag(session, owner, "owner", by=staff, at=NOW)
        assert meant(session, "owners") == {owner}, "the other one lives elsewhere"
        audience.untag(session, owner, "owner", by=staff, at=NOW)
        assert meant(session, "owners") == set()
        with pytest.raises(NotFound):
            audience.tag(session, owner, "rich", by=staff, at=NOW)
        for stranger in (owner, who(session, "property_staff")):
            with pytest.raises(NotAllowed):
                audience.tag(session, owner, "owner", by=stranger, at=NOW)


def test_an_erased_person_bears_no_tag(town: Database) -> None:
    with town.writing() as session:
        owner = who(session, "resident")
        audience.tag(session, owner, "owner", by=who(session, "community_staff"), at=NOW)
        erasure.erase(session, owner, NOW)
        assert session.scalars(select(PersonTag)).all() == []


def test_the_list_shows_nobody_what_is_for_others(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        resident, head = who(session, "resident"), who(session, "building_head")
        staff = who(session, "community_staff")
        audience.tag(session, resident, "owner", by=staff, at=NOW)
        for_heads, for_owners = (
            published(session, Reach([name])) for name in ("building_heads", "owners")
        )
        assert lists.latest_for(session, resident, NOW) == [for_owners]
        assert lists.latest_for(session, head, NOW) == [for_heads]
        assert set(lists.latest_for(session, staff, NOW)) == {for_heads, for_owners}
        assert lists.seen(session, for_heads.id, resident, NOW) is None


def test_an_audience_that_nobody_knows_is_refused(town: Database) -> None:
    with town.writing() as session:
        for names in ((), ("everybody", "martians")):
            with pytest.raises(NoticeUnfit):
                published(session, Reach(names))


def test_without_push_nobody_is_told_and_everybody_may_read(town: Database) -> None:
    with town.writing() as session:
        before = len(session.scalars(select(Task)).all())
        notice = published(session, Reach(channels=[Channel.PAGE]))
        assert len(session.scalars(select(Task)).all()) == before
        assert notice.channels == [Channel.PAGE]
        assert lists.latest_for(session, who(session, "resident"), NOW) == [notice]


def test_a_correction_goes_to_whom_the_first_version_went(town: Database) -> None:
    with town.writing() as session:
        notice = published(session, Reach(["building_heads"], [Channel.PUSH]))
        by = who(session, "community_staff")
        newer = actions.correct(session, notice, title="通知", body="改", by=by, at=NOW)
        assert newer.state == NoticeState.DRAFT and newer.channels == [Channel.PUSH]
        assert lists.audiences_of(session, newer) == ["building_heads"]


def test_an_urgent_one_may_come_at_night_and_another_waits(town: Database) -> None:
    with town.writing() as session:
        for kind, quiet in (("urgent", Quiet.AWAKE), ("policy", Quiet.RESPECT)):
            notice = published(session, Reach(), kind)
            audience.tell(session, notice, audience.people(session, notice, 0, NIGHT), NIGHT)
            found = session.scalars(
                select(OutboxMessage).where(
                    OutboxMessage.unique_key.startswith(f"notice:{notice.id}:")
                )
            ).all()
            assert found and {one.quiet for one in found} == {quiet}
            assert all((one.not_before > NIGHT) == (quiet == Quiet.RESPECT) for one in found)


def test_a_message_holds_the_beginning_alone_and_no_phone_number(town: Database) -> None:
    with town.writing() as session:
        notice = published(session, Reach(), body="电话13800138000。" + "很长" * 5000)
        audience.tell(session, notice, [who(session, "resident")], NOW)
        sent = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template == "notice_published")
        ).one()
        assert len(sent.context["body"]) == audience.BRIEF
        assert "138****8000" in sent.context["body"]
        assert sent.context["link"].endswith(f"/p/notices/{notice.id}")
