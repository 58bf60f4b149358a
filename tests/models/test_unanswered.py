"""What met no answer is listed to who may read it, settled together, and counted afterwards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bots.unanswered import answered_later
from models import erasure
from models.base import Database
from models.directory import actions
from models.directory.details import Details
from models.errors import AlreadyDone, NotFound, ReasonMissing
from models.events import Event
from models.tickets.table import About, Ticket
from models.unanswered import lists, settling
from models.unanswered.later import later
from models.unanswered.lists import Saying, Trouble
from models.unanswered.settling import Decision
from models.unanswered.table import Settlement, Way
from tests import factories
from tests.chat import Town

ROOM = Details(kind="faq", title="乒乓球室开放时间", text="每天9点到21点", aliases=("乒乓球室",))
ASKED = {
    "请问小区的乒乓球室晚上开吗": Trouble.NO_ENTRY,
    "咕噜业又来了": Trouble.CLASS_UNSURE,
    "居住证在哪里办，要等多久才能拿到": Trouble.ENTRY_UNSURE,
    "办事 潜水": Trouble.NO_ENTRY,
}


def asked(database: Database) -> Town:
    """Residents of one community say all that, and more that does not belong on the list."""
    factories.town(database)
    town = Town(database, factories.MORNING)
    for said in ASKED:
        town.person("demo-resident-1").say(said)
        town.later(minutes=20)
    town.person("demo-resident-2").say("楼道灯坏了")
    town.person("demo-resident-2").say("物业经理骂人，态度恶劣")
    town.later(minutes=20)
    return town


Found = TypeVar("Found")


def at_desk(
    town: Town,
    look: Callable[[Session, lists.Reader], Found],
    role: str = "community_staff",
    count: int = 1,
) -> Found:
    with town.database.writing() as session:
        me = factories.demo_person(session, role, count)
        return look(session, lists.reader_of(session, me, town.now))


def waiting(town: Town, *who: Any) -> dict[str, Saying]:
    found = at_desk(town, lambda session, reader: lists.waiting(session, reader, town.now), *who)
    assert len({one.key for one in found}) == len(found)
    return {one.text: one for one in found}


def settle(town: Town, texts: list[Saying], decision: Decision) -> int:
    def do(session: Session, reader: lists.Reader) -> int:
        keys = [one.key for one in texts]
        chosen = settling.chosen(session, reader, keys, town.now)
        by = reader.sight.person_id
        return settling.settle(session, chosen, decision, by=by, at=town.now).id

    return at_desk(town, do)


def test_what_met_no_answer_is_listed_with_what_it_lacked_until_it_led_somewhere(
    store: Database,
) -> None:
    town = asked(store)
    found = waiting(town)
    assert {said: one.trouble for said, one in found.items()} == ASKED
    assert found["咕噜业又来了"].is_open and not found["办事 潜水"].is_open
    resident = town.person("demo-resident-1")
    resident.say("居住证在哪里办，要等多久才能拿到")
    resident.say("1")
    assert len(waiting(town)) == len(ASKED)  # the one before was not answered; this one is
    resident.say("改类 #2")
    assert len(waiting(town)) == len(ASKED)  # their own wish: nothing was misunderstood


def test_who_serves_elsewhere_or_is_meant_reads_none_of_it(store: Database) -> None:
    town = asked(store)
    assert waiting(town, "community_staff", 3).keys() <= {"咕噜业又来了"}
    assert waiting(town, "grid_worker").keys() <= set(ASKED)
    assert not [one for one in waiting(town, "grid_worker").values() if one.source.question_id]
    assert waiting(town, "subdistrict_staff").keys() == set(ASKED)
    with store.writing() as session:
        hidden = session.scalars(select(Ticket).where(Ticket.text == "咕噜业又来了")).one()
        hidden.about = About.PROPERTY
        shy = session.scalars(select(Ticket).where(Ticket.text.contains("乒乓球"))).one()
        shy.hides_reporter = True
    assert waiting(town).keys() == set(list(ASKED)[2:])
    with store.writing() as session:
        erasure.erase(session, factories.demo_person(session, "resident"), town.now)
    assert waiting(town) == {}


def test_settled_texts_leave_the_list_together_and_come_back_at_ones_word(
    store: Database,
) -> None:
    town = asked(store)
    found = waiting(town)
    two = [found["咕噜业又来了"], found["办事 潜水"]]
    with pytest.raises(ReasonMissing):
        settling.dismissal("  ")
    number = settle(town, two, settling.dismissal(" 说着玩的 "))
    assert waiting(town).keys() == ASKED.keys() - {one.text for one in two}
    with pytest.raises(AlreadyDone):
        settle(town, two[:1], settling.dismissal("再来一次"))
    with pytest.raises(AlreadyDone):
        settle(town, [], settling.dismissal("没选"))

    def texts(session: Session, reader: lists.Reader) -> set[str]:
        rows = lists.settlements(session, None, 9)
        return {
            one.text for one in lists.settled(session, reader, [row.id for row in rows])[number]
        }

    assert at_desk(town, texts) == {one.text for one in two}

    def reopen(session: Session, reader: lists.Reader) -> None:
        settling.reopen(session, reader, number, by=reader.sight.person_id, at=town.now)

    with pytest.raises(NotFound):
        at_desk(town, reopen, "community_staff", 3)
    at_desk(town, reopen)
    assert waiting(town).keys() == ASKED.keys()
    with pytest.raises(NotFound):
        at_desk(town, reopen)
    with store.reading() as session:
        told = session.scalars(select(Event).where(Event.subject_kind == "unanswered")).all()
    assert [(one.verb, one.detail["texts"]) for one in told] == [
        ("unanswered_settled", 2),
        ("unanswered_reopened", 2),
    ]


def test_what_is_asked_again_and_answered_rightly_is_counted(database: Database) -> None:
    town = asked(database)
    found = waiting(town)
    with database.writing() as session:
        me = factories.demo_person(session, "community_staff")
        area = factories.area_named(session, "幸福社区").id
        entry = actions.add(session, ROOM, area_id=area, by=me, at=town.now).id
    answer = settle(
        town, [found["请问小区的乒乓球室晚上开吗"]], Decision(Way.ANSWERED, entry_id=entry)
    )
    label = "noise.equipment"
    taught = settle(town, [found["咕噜业又来了"]], Decision(Way.TAUGHT, word="咕噜业", label=label))
    town.later(minutes=1)
    assert "9点到21点" in town.person("demo-resident-3").say("乒乓球室几点开门")
    with database.writing() as session:
        for words, evidence in (("咕噜业好烦", "咕噜业"), ("咕噜业好吵", "好吵")):
            where = factories.building(session)
            factories.ticket(session, where, town.now, text=words, evidence=[(evidence, 3.0)])

    def count(session: Session, reader: lists.Reader) -> dict[int, int]:
        rows = {one.id: one.settlement for one in lists.settlements(session, None, 9)}
        texts = lists.settled(session, reader, rows)
        told = later(session, reader)
        return {
            number: answered_later(row, [one.text for one in texts[number]], told, town.lexicon)
            for number, row in rows.items()
        }

    assert at_desk(town, count) == {answer: 1, taught: 1}


def test_an_ordinary_report_writes_no_row_for_this_and_the_list_has_its_index(
    database: Database,
) -> None:
    town = asked(database)
    with database.reading() as session:
        plan = session.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT id FROM questions WHERE questions.kind IN "
                "('class_choice', 'directory_unsure') AND kind = 'class_choice' "
                "AND opened_at >= '2026-01-01'"
            )
        ).all()
        assert any("ix_questions_unsure" in row[3] for row in plan), plan
        assert session.scalar(select(Settlement.id)) is None
    far = replace(town, now=town.now)
    far.later(days=91)
    assert waiting(far) == {}
