"""Notices: written by one, reviewed by another, published by the clock, open to objections."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bots.rendering import render
from models.base import Database
from models.errors import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    ReasonMissing,
    TooLate,
    TransitionNotAllowed,
)
from models.events import Event
from models.homes import Home, HomeState
from models.notices import actions, audience, lists, objections
from models.notices.actions import NoticeUnfit
from models.notices.flow import MOVES, NoticeAction
from models.notices.rights import can, serves
from models.notices.table import Notice, NoticeRead, NoticeState, kinds
from models.outbox import OutboxMessage
from models.posts import Post, Role
from models.sealing import KEYRING, open_for
from tests import factories
from tests.messages import recent

NOW = factories.MORNING
TEXT = "2026年第一季度公共收益 12000 元，支出 8000 元，结余 4000 元。"


@pytest.fixture(autouse=True)
def keys() -> None:
    KEYRING.use({"1": b"k" * 32})


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database)
    return database


def staff(session: Session, count: int = 1) -> int:
    return factories.demo_person(session, "community_staff", count)


def resident(session: Session, count: int = 1) -> int:
    return factories.demo_person(session, "resident", count)


def drafted(
    session: Session, kind: str = "income_expense", area: str = factories.ESTATE, by: int = 1
) -> Notice:
    return actions.draft(
        session,
        kind=kind,
        title="一季度收支",
        body=TEXT,
        area_id=factories.area_named(session, area).id,
        by=staff(session, by),
        at=NOW,
    )


def scheduled(session: Session, kind: str = "income_expense", **more: str) -> Notice:
    notice = drafted(session, kind, **more)
    actions.review(session, notice, by=staff(session, 2), at=NOW)
    actions.schedule(session, notice, publish_at=NOW, by=staff(session, 2), at=NOW)
    return notice


def published(session: Session, kind: str = "income_expense", at: datetime = NOW) -> Notice:
    notice = scheduled(session, kind)
    actions.publish(session, notice, at=at)
    session.flush()
    return notice


def verbs(session: Session, notice: Notice) -> list[str]:
    found = select(Event.verb).where(Event.subject_kind == "notice", Event.subject_id == notice.id)
    return list(session.scalars(found.order_by(Event.id)))


def test_the_way_of_a_notice_leaves_an_event_for_every_step(town: Database) -> None:
    with town.writing() as session:
        notice = published(session)
        assert notice.window_ends_at == datetime(2026, 3, 10, 1, 0, tzinfo=UTC), "5 working days"
        actions.archive(session, notice, at=notice.window_ends_at)
        assert verbs(session, notice) == [
            "notice_drafted",
            "notice_reviewed",
            "notice_scheduled",
            "notice_published",
            "notice_archived",
        ]


def test_the_author_can_not_review_and_the_store_holds_to_it(town: Database) -> None:
    with town.writing() as session:
        notice = drafted(session)
        assert not can(session, notice, NoticeAction.REVIEW, by=notice.author_id, at=NOW)
        with pytest.raises(NotAllowed):
            actions.review(session, notice, by=notice.author_id, at=NOW)
        assert notice.state == NoticeState.DRAFT
        notice_id = notice.id
    with pytest.raises(IntegrityError), town.writing() as session:
        same = {"state": NoticeState.REVIEWED, "reviewer_id": Notice.author_id}
        session.execute(update(Notice).where(Notice.id == notice_id).values(same))


def test_the_second_person_is_asked_and_says_what_is_not_right_yet(town: Database) -> None:
    with town.writing() as session:
        notice, second = drafted(session), staff(session, 2)
        actions.ask_review(session, notice, by=staff(session), at=NOW)
        asked = recent(session, second)[0]
        assert asked.template == "notice_review_asked"
        assert f"/console/notices/{notice.id}" in render(asked.template, asked.context)
        assert recent(session, staff(session)) == [], "not the one who wrote it"
        with pytest.raises(ReasonMissing):
            actions.send_back(session, notice, "  ", by=second, at=NOW)
        actions.review(session, notice, by=second, at=NOW)
        actions.send_back(session, notice, "金额再核一下", by=second, at=NOW)
        assert (notice.state, notice.reviewer_id) == (NoticeState.DRAFT, None)
        told = recent(session, staff(session))[0]
        assert "金额再核一下" in render(told.template, told.context)
        event = session.scalars(select(Event).where(Event.verb == "notice_sent_back")).one()
        author = session.get_one(factories.Person, second)
        assert open_for(author.own_key, event.words) == "金额再核一下"


@pytest.mark.parametrize(
    ("role", "count", "may_write", "may_review"),
    [
        ("community_staff", 1, True, True),
        ("community_staff", 3, False, False),  # of the other community
        ("subdistrict_staff", 1, True, True),
        ("property_staff", 1, True, False),
        ("property_staff", 2, False, False),  # of another estate
        ("building_head", 1, False, False),
        ("resident", 1, False, False),
    ],
)
def test_who_serves_the_place_may_write_and_the_community_reviews(
    town: Database, role: str, count: int, may_write: bool, may_review: bool
) -> None:
    with town.writing() as session:
        area_id = factories.area_named(session, factories.ESTATE).id
        who = factories.demo_person(session, role, count)
        assert serves(session, area_id, who, actions.AUTHORS, NOW) is may_write
        notice = drafted(session, by=2)
        assert can(session, notice, NoticeAction.REVIEW, by=who, at=NOW) is may_review


def test_a_text_that_changes_after_its_review_is_reviewed_again(town: Database) -> None:
    with town.writing() as session:
        notice = scheduled(session)
        reviewer = staff(session, 2)
        actions.revise(session, notice, title="一季度收支表", body=TEXT, by=reviewer, at=NOW)
        assert (notice.state, notice.reviewer_id, notice.publish_at) == ("draft", None, None)
        with pytest.raises(NotAllowed):
            actions.review(session, notice, by=reviewer, at=NOW)
        actions.review(session, notice, by=staff(session, 1), at=NOW)


def test_a_published_text_is_corrected_by_a_new_version_and_never_edited(town: Database) -> None:
    with town.writing() as session:
        notice = published(session)
        author, now = staff(session), NOW + timedelta(hours=2)
        with pytest.raises(TransitionNotAllowed):
            actions.revise(session, notice, title="改", body="改", by=author, at=now)
        with pytest.raises(AlreadyDone):
            notice.body = "改"
        newer = actions.correct(session, notice, title="更正", body="改好", by=author, at=now)
        with pytest.raises(AlreadyDone):
            actions.correct(session, notice, title="又改", body="改", by=author, at=now)
        assert lists.seen(session, notice.id, resident(session), now) is notice
        actions.review(session, newer, by=staff(session, 2), at=now)
        actions.schedule(session, newer, publish_at=now, by=staff(session, 2), at=now)
        actions.publish(session, newer, at=now)
        assert (newer.version, newer.corrects_id, notice.body) == (2, notice.id, TEXT)
        assert lists.seen(session, notice.id, resident(session), now) is newer
        assert lists.latest_for(session, resident(session), now) == [newer]
        assert not notice.takes_objections(now), "objections go to the text that counts"


def test_a_withdrawn_correction_makes_room_for_another(town: Database) -> None:
    with town.writing() as session:
        notice, author = published(session), staff(session)
        first = actions.correct(session, notice, title="更正", body="错", by=author, at=NOW)
        actions.withdraw(session, first, by=author, at=NOW)
        second = actions.correct(session, notice, title="更正", body="对", by=author, at=NOW)
        assert lists.correction_of(session, notice) is second


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"kind": "gossip"}, NotFound),
        ({"area_id": 999_999}, NotFound),
        ({"title": "  "}, NoticeUnfit),
        ({"body": ""}, NoticeUnfit),
        ({"body": "长" * 20_001}, NoticeUnfit),
    ],
)
def test_a_draft_with_a_gap_is_refused_and_leaves_nothing(
    town: Database, given: dict[str, object], refusal: type[Exception]
) -> None:
    with town.writing() as session:
        whole = {"kind": "policy", "title": "停水", "body": "周三停水", "by": staff(session)}
        area_id = factories.area_named(session, factories.ESTATE).id
        with pytest.raises(refusal):
            actions.draft(session, **{"area_id": area_id, **whole, **given}, at=NOW)  # type: ignore[arg-type]
        assert session.scalar(select(func.count()).select_from(Notice)) == 0


def test_nothing_is_scheduled_into_the_past(town: Database) -> None:
    with town.writing() as session:
        notice = drafted(session)
        actions.review(session, notice, by=staff(session, 2), at=NOW)
        with pytest.raises(TooLate):
            actions.schedule(
                session, notice, publish_at=NOW - timedelta(minutes=1), by=staff(session), at=NOW
            )


ORDINARY = [one for one in NoticeAction if one not in (NoticeAction.PUBLISH, NoticeAction.ARCHIVE)]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.sampled_from(NoticeAction), st.integers(0, 3)), max_size=8))
def test_whatever_is_tried_a_verb_does_just_what_can_says(
    town: Database, steps: list[tuple[NoticeAction, int]]
) -> None:
    with town.writing() as session:
        notice = drafted(session)
        people = [None, staff(session, 1), staff(session, 2), resident(session)]
        for action, who in steps:
            by = people[who] if action in ORDINARY else None
            allowed = can(session, notice, action, by=by, at=NOW)
            if action == NoticeAction.ARCHIVE and notice.takes_objections(NOW):
                allowed = False
            before = notice.state
            try:
                take(session, notice, action, by)
            except (AlreadyDone, NotAllowed, TransitionNotAllowed):
                assert not allowed
                assert notice.state == before
            else:
                assert allowed
                assert notice.state == MOVES[before, action].target
            session.flush()
            assert notice.reviewer_id != notice.author_id
        session.rollback()


def take(session: Session, notice: Notice, action: NoticeAction, by: int | None) -> None:
    given: dict[str, object] = {} if by is None and action not in ORDINARY else {"by": by}
    if action in (NoticeAction.REVISE, NoticeAction.CORRECT):
        given |= {"title": "新标题", "body": "新内容"}
    if action == NoticeAction.SCHEDULE:
        given["publish_at"] = NOW
    if action == NoticeAction.SEND_BACK:
        given["reason"] = "金额再核一下"
    getattr(actions, action.value)(session, notice, at=NOW, **given)


def tell(session: Session, notice: Notice, at: datetime = NOW) -> int:
    return audience.tell(session, notice, audience.people(session, notice, 0, at), at)


def messages(session: Session) -> list[OutboxMessage]:
    found = select(OutboxMessage).where(OutboxMessage.template == "notice_published")
    return list(session.scalars(found.order_by(OutboxMessage.person_id)))


def test_everybody_who_lives_or_serves_in_the_area_is_told_once(town: Database) -> None:
    with town.writing() as session:
        notice = published(session)
        told = tell(session, notice)
        tell(session, notice)
        sent = messages(session)
        assert len(sent) == told
        reached = {one.person_id for one in sent}
        assert {resident(session, count) for count in (1, 2, 3, 5, 6, 7)} <= reached
        assert factories.demo_person(session, "building_head") in reached
        assert factories.demo_person(session, "property_staff") in reached
        outside = {resident(session, count) for count in (4, 8, 10)}
        assert not reached & (outside | {factories.demo_person(session, "building_head", 5)})
        assert {one.unique_key for one in sent} == {
            f"notice:{notice.id}:{one.person_id}" for one in sent
        }
        assert {one.expires_at for one in sent} == {notice.window_ends_at}


def test_who_moved_away_or_was_refused_or_left_the_post_is_not_told(town: Database) -> None:
    with town.writing() as session:
        gone = {resident(session, 1): HomeState.LEFT, resident(session, 2): HomeState.REFUSED}
        for person_id, state in gone.items():
            session.execute(update(Home).where(Home.person_id == person_id).values(state=state))
        head = factories.post_of(session, "building_head", 2)
        session.execute(update(Post).where(Post.id == head.id).values(until=NOW))
        tell(session, published(session))
        reached = {one.person_id for one in messages(session)}
        assert not reached & {*gone, head.person_id}


def test_a_notice_of_the_night_waits_for_the_morning(town: Database) -> None:
    night = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    with town.writing() as session:
        tell(session, published(session, at=night), night)
        assert {one.not_before for one in messages(session)} == {datetime(2026, 3, 4, tzinfo=UTC)}


def test_nobody_hears_any_more_of_a_text_that_was_corrected_or_archived(town: Database) -> None:
    with town.writing() as session:
        notice, archived = published(session), published(session)
        actions.archive(session, archived, at=NOW + timedelta(days=30))
        assert tell(session, archived) == 0
        author, second = staff(session), staff(session, 2)
        newer = actions.correct(session, notice, title="更正", body="改好", by=author, at=NOW)
        assert tell(session, notice) > 0, "the correction is not out yet"
        actions.review(session, newer, by=second, at=NOW)
        actions.schedule(session, newer, publish_at=NOW, by=second, at=NOW)
        actions.publish(session, newer, at=NOW)
        assert tell(session, notice) == 0
        assert tell(session, newer) > 0


def test_a_resident_sees_what_is_out_around_the_home_and_nothing_else(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        estate = published(session)
        community = scheduled(session, "policy", area="幸福社区")
        actions.publish(session, community, at=NOW + timedelta(minutes=1))
        scheduled(session, "policy", area="幸福社区")
        sunny = scheduled(session, "policy", area="阳光花园")
        actions.publish(session, sunny, at=NOW)
        assert lists.latest_for(session, resident(session), NOW) == [community, estate]
        assert lists.latest_for(session, resident(session, 8), NOW) == [community, sunny]
        assert lists.latest_for(session, resident(session, 4), NOW) == [], "without a home"
        everything = lists.latest_for(session, staff(session), NOW)
        assert set(everything) == {community, estate, sunny}
        assert lists.seen(session, sunny.id, resident(session), NOW) is None


def test_a_reading_counts_once_a_person(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        notice, other = published(session), published(session)
        for count in (1, 1, 2):
            lists.has_read(session, notice, resident(session, count), NOW)
        assert lists.read_counts(session, [notice.id, other.id]) == {notice.id: 2, other.id: 0}
        assert session.scalar(select(func.count()).select_from(NoticeRead)) == 2


def test_an_objection_reaches_the_community_without_the_name_and_is_answered(
    store: Database,
) -> None:
    factories.town(store)
    with store.writing() as session:
        notice, who = published(session), resident(session)
        raised = objections.object_to(
            session, notice, "停车费少算了一个月", by=who, at=NOW, account="main"
        )
        assert raised.answer_due_at == datetime(2026, 3, 6, 1, 0, tzinfo=UTC), "3 working days"
        told = recent(session, staff(session))
        assert [one.template for one in told] == ["objection_raised", "notice_went_out"]
        assert who not in told[0].context.values()
        assert "居民A" not in str(told[0].context)
        assert objections.waiting_for(session, staff(session), NOW) == [raised]
        assert objections.waiting_for(session, staff(session, 3), NOW) == []
        objections.answer(session, raised, "已补上", by=staff(session, 2), at=NOW)
        assert recent(session, who)[0].template == "objection_answered"
        assert objections.waiting_for(session, staff(session), NOW) == []
        with pytest.raises(AlreadyDone):
            objections.answer(session, raised, "再答", by=staff(session), at=NOW)


def test_the_log_keeps_an_objection_only_under_its_authors_key(town: Database) -> None:
    with town.writing() as session:
        notice, who = published(session), resident(session)
        objections.object_to(session, notice, "少算了一个月", by=who, at=NOW, account="main")
        event = session.scalars(select(Event).where(Event.verb == "objection_raised")).one()
        author = session.get_one(factories.Person, who)
        assert open_for(author.own_key, event.words) == "少算了一个月"
        assert "少算" not in str(event.detail)


@pytest.mark.parametrize(("hours", "is_taken"), [(0, True), (-1, True), (1, False)])
def test_objections_are_taken_until_the_period_ends_and_not_after(
    town: Database, hours: int, is_taken: bool
) -> None:
    with town.writing() as session:
        notice = published(session)
        assert notice.window_ends_at is not None
        at = notice.window_ends_at + timedelta(hours=hours, microseconds=-1)
        if is_taken:
            objections.object_to(session, notice, "不对", by=resident(session), at=at, account="m")
        else:
            with pytest.raises(TooLate):
                objections.object_to(
                    session, notice, "不对", by=resident(session), at=at, account="m"
                )


def test_a_mere_announcement_takes_no_objection(town: Database) -> None:
    with town.writing() as session:
        notice = published(session, "safety_tip")
        assert notice.window_ends_at is None
        with pytest.raises(TooLate):
            objections.object_to(session, notice, "不", by=resident(session), at=NOW, account="m")


def test_only_who_serves_the_place_answers_and_never_their_own(town: Database) -> None:
    with town.writing() as session:
        notice, who = published(session), staff(session)
        own = objections.object_to(session, notice, "我也不同意", by=who, at=NOW, account="main")
        strangers = [
            who,
            staff(session, 3),
            resident(session, 2),
            factories.demo_person(session, "property_staff"),
        ]
        for stranger in strangers:
            with pytest.raises(NotAllowed):
                objections.answer(session, own, "答", by=stranger, at=NOW)
        objections.answer(session, own, "答", by=staff(session, 2), at=NOW)


def test_it_is_archived_only_when_the_period_is_over_and_all_is_answered(town: Database) -> None:
    with town.writing() as session:
        notice = published(session)
        assert notice.window_ends_at is not None
        over, long_ago = notice.window_ends_at, NOW - timedelta(days=180)
        raised = objections.object_to(
            session, notice, "不对", by=resident(session), at=NOW, account="main"
        )
        for at in (NOW, over):
            with pytest.raises(TransitionNotAllowed):
                actions.archive(session, notice, at=at)
        assert lists.over(session, over, long_ago) == []
        objections.answer(session, raised, "已改", by=staff(session), at=NOW)
        assert lists.over(session, NOW, long_ago) == []
        assert lists.over(session, over, long_ago) == [notice.id]
        actions.archive(session, notice, at=over)
        assert notice.state == NoticeState.ARCHIVED


def test_without_community_staff_the_next_above_is_asked_to_answer(town: Database) -> None:
    with town.writing() as session:
        notice = published(session)
        for count in (1, 2):
            factories.post_of(session, "community_staff", count).until = NOW
        session.flush()
        assert set(objections.answering(session, notice, NOW)) == {
            factories.demo_person(session, Role.SUBDISTRICT_STAFF, count) for count in (1, 2)
        }


def test_every_kind_says_what_it_is_called_and_whether_it_takes_objections() -> None:
    for key, row in kinds().items():
        assert set(row) - {"authors", "is_urgent"} == {"label", "needs_window"}, key
        assert isinstance(row["needs_window"], bool), key
