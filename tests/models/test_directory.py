"""Entries are written once, replaced by versions, and hold in their area and their days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.categories import Intent
from config.policy import load
from models.base import Database
from models.directory import actions, lists, questions
from models.directory.details import (
    LONGEST_TEXT,
    Details,
    EntryNotFit,
    details_of,
    has_mobile,
    problems,
)
from models.directory.table import DirectoryEntry, kinds
from models.errors import AlreadyDone, NotAllowed, NotFound
from models.events import Event
from models.posts import Role
from models.tickets.table import About
from tests import factories

NOW = factories.MORNING
LENDING = Details(
    kind="tool_lending", title="借书角", text="三十天内归还", aliases=("借书", "图书"), hours="全天"
)


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database)
    return database


def staff(session: Session, count: int = 1) -> int:
    return factories.demo_person(session, "community_staff", count)


def added(session: Session, details: Details = LENDING, area: str = "幸福社区") -> DirectoryEntry:
    where = factories.area_named(session, area).id
    return actions.add(session, details, area_id=where, by=staff(session), at=NOW)


def test_an_entry_holds_in_its_area_and_all_within(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        entry = added(session)
        inside = factories.building(session, 3).id
        outside = factories.building(session, 1, "和平家园").id
        assert entry in lists.around(session, inside, NOW)
        assert entry not in lists.around(session, outside, NOW)
        assert entry in lists.everywhere(session, NOW)
        for area_id, is_there in ((inside, True), (outside, False), (None, True)):
            found = [one.id for one in lists.searched(session, area_id, NOW)]
            assert (entry.id in found) is is_there
        assert entry in lists.within(session, factories.area_named(session, "和顺街道").id)
        assert entry not in lists.within(session, factories.area_named(session, "和平社区").id)


def test_what_anybody_may_go_to_is_found_from_anywhere_and_fees_are_not(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        lending = added(session)
        fee = added(session, Details("fee_standard", "供暖费", "每平方米 22 元"))
        replaced = added(session, Details("canteen", "旧食堂", "一楼"))
        actions.revise(
            session, replaced, Details("canteen", "旧食堂", "二楼"), by=staff(session), at=NOW
        )
        found = {one.id: one for one in lists.searched_elsewhere(session, NOW)}
        assert lending.id in found and fee.id not in found and replaced.id not in found
        one = found[lending.id]
        assert (one.title, one.aliases, one.area_kind) == ("借书角", ["借书", "图书"], "community")


def test_a_newer_version_takes_its_place_and_the_old_one_stays_as_it_was(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        first = added(session)
        second = actions.revise(
            session,
            first,
            Details("tool_lending", "借书角", "六十天"),
            by=staff(session, 2),
            at=NOW,
        )
        third = actions.revise(
            session, second, Details("tool_lending", "读书角", "六十天"), by=staff(session), at=NOW
        )
        assert [one.version for one in lists.versions(session, first.id)] == [1, 2, 3]
        assert (first.text, second.text) == ("三十天内归还", "六十天")
        assert {one.number for one in (first, second, third)} == {first.id}
        assert lists.current(session, first.id, NOW) is third
        assert third.since_on == first.since_on
        verbs = session.scalars(
            select(Event.verb).where(Event.subject_kind == "directory_entry").order_by(Event.id)
        ).all()
        assert verbs == ["directory_added", "directory_revised", "directory_revised"]


def test_what_was_written_is_never_changed_in_place(town: Database) -> None:
    with town.writing() as session:
        entry = added(session)
        with pytest.raises(AlreadyDone):
            entry.text = "五天内归还"
        with pytest.raises(AlreadyDone):
            entry.phone = "0000-1"
        entry.text = "三十天内归还"


def test_a_replaced_entry_can_not_be_replaced_again(town: Database) -> None:
    with town.writing() as session:
        entry = added(session)
        actions.revise(session, entry, LENDING, by=staff(session), at=NOW)
        with pytest.raises(AlreadyDone):
            actions.revise(session, entry, LENDING, by=staff(session), at=NOW)
        with pytest.raises(AlreadyDone):
            actions.withdraw(session, entry, by=staff(session), at=NOW)


def test_what_is_taken_out_is_found_no_more_and_its_versions_stay(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        entry = added(session)
        actions.withdraw(session, entry, by=staff(session), at=NOW)
        assert entry not in lists.everywhere(session, NOW)
        assert lists.current(session, entry.number, NOW) is None
        assert lists.versions(session, entry.number) == [entry]
        again = added(session)
        assert again.number != entry.number


def test_the_same_title_is_kept_once_an_area_and_kind(town: Database) -> None:
    with town.writing() as session:
        added(session)
        with pytest.raises(AlreadyDone):
            added(session)
        added(session, area=factories.ESTATE)


@pytest.mark.parametrize(
    ("role", "count", "area", "may"),
    [
        ("community_staff", 1, "幸福社区", True),
        ("community_staff", 3, "幸福社区", False),
        ("property_staff", 1, "幸福里小区", True),
        ("property_staff", 1, "幸福社区", False),
        ("subdistrict_staff", 1, "幸福里小区", True),
        ("building_head", 1, "幸福社区", False),
        ("resident", 1, "幸福社区", False),
    ],
)
def test_who_serves_an_area_writes_for_it(
    town: Database, role: str, count: int, area: str, may: bool
) -> None:
    with town.writing() as session:
        who = factories.demo_person(session, role, count)
        where = factories.area_named(session, area).id
        assert actions.serves(session, where, who, NOW) is may
        if not may:
            with pytest.raises(NotAllowed):
                actions.add(session, LENDING, area_id=where, by=who, at=NOW)
            entry = added(session, area=area) if area == "幸福社区" else None
            if entry is not None:
                with pytest.raises(NotAllowed):
                    actions.revise(session, entry, LENDING, by=who, at=NOW)


def test_an_area_that_is_not_there_is_not_found(town: Database) -> None:
    with town.writing() as session, pytest.raises(NotFound):
        actions.add(session, LENDING, area_id=99999, by=staff(session), at=NOW)


def test_an_entry_holds_from_its_first_to_its_last_day_of_shanghai(store: Database) -> None:
    factories.town(store)
    days = Details("faq", "灯会", "在广场", since_on=date(2026, 3, 4), until_on=date(2026, 3, 5))
    with store.writing() as session:
        entry = added(session, days)
        expected = {0: False, 14: False, 15: True, 62: True, 63: False}  # midnight is 16:00 UTC
        for hours, is_shown in expected.items():
            at = NOW + timedelta(hours=hours)
            assert (entry in lists.everywhere(session, at)) is is_shown
            assert (entry.id in {one.id for one in lists.searched(session, None, at)}) is is_shown


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (Details("gossip", "标题", "文"), [("kind", "unknown")]),
        (Details("faq", " ", "文"), [("title", "missing")]),
        (Details("faq", "标题"), [("text", "missing")]),
        (Details("faq", "标题", phone="0000-1000301"), []),
        (Details("faq", "标题" * 30, "文"), [("title", "too_long")]),
        (Details("faq", "标题", "文" * (LONGEST_TEXT + 1)), [("text", "too_long")]),
        (Details("faq", "标题", "文", aliases=("一",)), [("aliases", "too_short")]),
        (Details("faq", "标题", "文", aliases=("长" * 21,)), [("aliases", "too_long")]),
        (Details("faq", "标题", "文", phone="打听一下"), [("phone", "malformed")]),
        (Details("faq", "标题", "文", phone="0531-8888 0000转12、12345"), []),
        (Details("faq", "标题", "文", phone="13800001234"), [("phone", "private_mobile")]),
        (Details("faq", "标题", "文", phone="13800001234", is_public_mobile=True), []),
        (Details("faq", "标题", "找老张１３８ ００００ １２３４"), [("text", "private_mobile")]),
        (Details("faq", "标题", "文", address="138-0000-1234"), [("address", "private_mobile")]),
        (
            Details("faq", "标题", "证号 11010119900101123X", is_public_mobile=True),
            [("text", "identity_card")],
        ),
        (Details("charging_station", "充电棚", "文", ports=-1), [("ports", "out_of_range")]),
        (
            Details("faq", "标题", "文", since_on=date(2026, 3, 2), until_on=date(2026, 3, 1)),
            [("until_on", "before_start")],
        ),
    ],
)
def test_what_can_not_be_an_entry_is_told_field_by_field(
    details: Details, expected: list[tuple[str, str]]
) -> None:
    assert [(one.field, one.code) for one in problems(details.tidied())] == expected


def test_an_unfit_text_is_refused_with_everything_that_is_wrong(town: Database) -> None:
    with town.writing() as session:
        before = session.scalar(select(func.count()).select_from(DirectoryEntry))
        with pytest.raises(EntryNotFit) as refused:
            added(session, Details("gossip", "", phone="13800001234"))
        assert {one.field for one in refused.value.problems} == {"kind", "title", "phone"}
        assert session.scalar(select(func.count()).select_from(DirectoryEntry)) == before


@given(
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.lists(st.sampled_from(["", " ", "-"]), min_size=11, max_size=11),
    st.sampled_from(["", "电话", "+86 ", "0086", "找"]),
    st.sampled_from(["", "。", "（晚上）", "转"]),
)
def test_a_mobile_number_is_seen_in_any_spelling(
    number: str, gaps: list[str], before: str, after: str
) -> None:
    spelled = "".join(digit + gap for digit, gap in zip(number, gaps, strict=True)).strip(" -")
    assert has_mobile(before + spelled + after)
    wide = spelled.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert has_mobile(before + wide + after)


@pytest.mark.parametrize(
    "text", ["0000-1000301", "12345", "0531-88880000", "2026-03-01 至 2026-03-31", "1388000", ""]
)
def test_other_numbers_are_no_mobile(text: str) -> None:
    assert not has_mobile(text)


def test_tidying_cuts_blanks_and_repeated_words() -> None:
    untidy = Details("faq", " 标题 ", " 文 ", (" 甲乙 ", "甲乙", " "), address=" ", phone=" 12345 ")
    assert untidy.tidied() == Details("faq", "标题", "文", ("甲乙",), phone="12345")


def test_the_store_itself_refuses_what_can_not_be(store: Database) -> None:
    factories.town(store)
    for wrong in ({"ports": -1}, {"until_on": date(2020, 1, 1)}, {"version": 2}):
        with pytest.raises(IntegrityError), store.writing() as session:
            where = factories.area_named(session, "幸福社区").id
            entry = actions.written(LENDING, area_id=where, by=staff(session), at=NOW)
            for name, value in wrong.items():
                setattr(entry, name, value)
            session.add(entry)
            session.flush()


def test_reading_back_gives_what_was_said(town: Database) -> None:
    with town.writing() as session:
        entry = added(session)
        said = details_of(entry)
        assert said.since_on == date(2026, 3, 3)
        assert LENDING.says_same(entry) and said.says_same(entry)
        assert not Details("faq", "别的", "文").says_same(entry)


def test_a_question_waits_until_it_is_answered_or_its_ticket_ends(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        where = factories.building(session, 3)
        ticket = factories.ticket(session, where, intent=Intent.ENQUIRY)
        questions.note(session, ticket.id, NOW)
        session.flush()
        peace = factories.area_named(session, "和平社区").id
        assert [one.id for _, one in questions.waiting(session)] == [ticket.id]
        assert questions.waiting(session, peace) == []
        assert questions.answered(session, ticket, NOW)
        session.flush()
        assert questions.waiting(session) == []
        questions.kept(session, ticket, added(session), NOW)
        session.flush()
        assert not questions.answered(session, ticket, NOW), "it is an entry already"


def test_only_a_question_that_accuses_nobody_may_become_an_entry(town: Database) -> None:
    with town.writing() as session:
        where = factories.building(session, 3)
        report = factories.ticket(session, where)
        accusing = factories.ticket(
            session, where, intent=Intent.ENQUIRY, about=About.PROPERTY, category="property_service"
        )
        erased = factories.ticket(session, where, intent=Intent.ENQUIRY)
        erased.text = None
        for ticket in (report, accusing, erased):
            assert not questions.answered(session, ticket, NOW)


def test_every_kind_and_post_named_in_the_policy_exists() -> None:
    assert {Role(role) for role in load("directory")["posts"]["authors"]} <= set(Role)
    assert set(load("directory")["by_name"]["kinds_not"]) <= set(kinds())
    assert all(row["label"] for row in kinds().values())
