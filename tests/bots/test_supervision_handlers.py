"""督办 as it is met in chat: the asked one answers in a sentence."""

from datetime import date

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from jobs.supervisions import supervision_clock
from models.base import Database
from models.outbox import Delivery, OutboxMessage
from models.supervisions import asking, sides
from models.supervisions.asking import Wanted
from models.supervisions.flow import SupervisionState
from models.supervisions.table import Supervision
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING  # Tuesday, 3 March 2026, 9:00


@pytest.fixture
def town(database: Database) -> Town:
    factories.town(database)
    return Town(database, NOW)


@pytest.fixture
def worker(town: Town) -> Talker:
    return town.person("demo-grid_worker-1")


def supervised(town: Town, matters: int = 1) -> list[int]:
    """The numbers of the tickets that the street asks the grid worker about, until Friday."""
    with town.database.writing() as session:
        street = factories.demo_person(session, "subdistrict_staff")
        where = factories.building(session)
        tickets = [factories.ticket(session, where, town.now) for _ in range(matters)]
        [holder] = [
            one
            for one in sides.choices(session, tickets, street, town.now)
            if one.role == "grid_worker"
        ]
        wanted = Wanted(holder, "群众多次反映", date(2026, 3, 6))
        asking.ask(session, tickets, wanted, by=street, at=town.now)
        return [one.id for one in tickets]


def sent(session: Session) -> None:
    """All that waits has left."""
    session.execute(update(OutboxMessage).values(state=Delivery.SENT))


def state(town: Town) -> SupervisionState:
    found: SupervisionState = town.look(lambda session: session.get_one(Supervision, 1).state)
    return found


def test_it_comes_by_push_and_is_answered_in_a_sentence(town: Town, worker: Talker) -> None:
    [number] = supervised(town)
    told = worker.received()[-1]
    assert "街道工作人员请您在3月6日（周五）前" in told and f"#{number} 办得怎么样" in told
    assert "群众多次反映" in told and "请回复：督办 1 加一句话" in told
    assert "请直接说办得怎么样" in worker.say("督办")
    assert "已答复，街道工作人员会看到" in worker.say("施工队周五进场")
    street = town.person("demo-subdistrict_staff-1")
    assert "有答复了：\n施工队周五进场" in street.received()[-1]
    assert "您督办的" in street.say("督办") and "已答复" in street.say("督办")
    assert "答复：施工队周五进场" in street.say("督办 1")
    before = len(street.received())
    assert "已撤销" in worker.say("撤销") and state(town) == SupervisionState.ASKED
    assert len(street.received()) == before - 1, "it had not left yet"
    assert "已答复" in worker.say("督办 1 周日进场")
    with town.database.writing() as session:
        sent(session)
    assert "已撤销" in worker.say("撤销")
    assert "刚才的答复撤回了" in street.received()[-1], "who has read it is told"
    assert "已答复" in worker.say("督办 1 周六进场")
    town.later(minutes=11)
    assert "已撤销" not in worker.say("撤销") and state(town) == SupervisionState.ANSWERED


def test_one_line_answers_and_alone_the_word_shows_what_is_open(town: Town, worker: Talker) -> None:
    numbers = supervised(town, matters=4)
    assert f"4 件工单（#{numbers[0]}、" in worker.received()[-1]
    assert "要求：群众多次反映" in worker.say("督办")
    assert "已答复" in worker.say("督办 1 四件都约了周五")
    assert "没有等您答复的督办" in worker.say("督办")
    assert "现在是“已答复”" in worker.say("督办 1 再说一句")


def test_reminders_and_the_late_word_reach_who_they_concern(town: Town, worker: Talker) -> None:
    supervised(town)
    street, resident = town.person("demo-subdistrict_staff-1"), town.person("demo-resident-1")
    heard = len(resident.received())
    for _ in range(7):
        town.later(days=1)
        supervision_clock(town.database, town.now)
    told = [one for one in worker.received() if one.startswith("【督办")]
    assert ["请说说" in one for one in told].count(True) == 2
    assert ["有难处也请说一声" in one for one in told].count(True) == 1
    assert "没有收到答复" in street.received()[-1]
    assert len(resident.received()) == heard, "the resident never hears of it"
    assert "已过期" in worker.say("督办")


def test_nobody_else_reads_or_answers_it(town: Town) -> None:
    supervised(town)
    for who in ("community_staff", "property_staff", "building_head"):
        said = town.person(f"demo-{who}-1").say("督办 1 我来答")
        assert "已答复" not in said and "群众多次反映" not in said, who
    resident = town.person("demo-resident-1").say("督办 1 我来答")
    assert "已答复" not in resident
    assert state(town) == SupervisionState.ASKED
