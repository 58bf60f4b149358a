"""An emergency from the first word to the review: 1 minute to answer, 5 to be there."""

import pytest
from sqlalchemy import select

from models.outbox import OutboxMessage, Quiet
from models.posts import Post
from models.ticket_flow import Level, State
from models.tickets import ticking
from models.tickets.table import Ticket
from tests.chat import Talker, Town
from tests.scenarios import looking

FIRE = "幸福里小区3号楼楼道着火了，浓烟很大"


def tick(town: Town, **later: float) -> str | None:
    """One round of the clock, after that time."""
    town.later(**later)
    with town.database.writing() as session:
        return ticking.tick(session, session.get_one(Ticket, 1), town.now)


def owner(town: Town) -> Talker:
    """Whoever is asked first."""
    role = town.look(lambda session: session.get_one(Post, looking.ticket(town).owner_post_id).role)
    return town.person(f"demo-{role}-1")


@pytest.fixture
def fire(town_on_both: Town) -> Town:
    town_on_both.person("demo-resident-1").say(FIRE)
    return town_on_both


def test_who_says_that_they_are_there_has_answered_and_begun_and_the_reporter_hears_it_once(
    fire: Town,
) -> None:
    first = owner(fire)
    fire.later(minutes=3)
    read = first.say("到了")
    assert "#1 记下了" in read and "09:03 已到场" in read
    one = looking.ticket(fire)
    assert (one.state, one.arrived_at) == (State.IN_PROGRESS, fire.now)
    assert (one.accepted_at, one.owner_id) == (fire.now, first.person_id)
    told = [text for text in fire.person("demo-resident-1").received() if "#1" in text]
    assert len(told) == 1 and told[0].endswith("已到现场。")
    assert tick(fire, minutes=3) is None
    assert fire.person("demo-subdistrict_staff-1").received() == []


@pytest.mark.parametrize(
    "words", ["到了", "我到了", "已到场", "到现场了", "到场 1", "1号工单 到了"]
)
def test_it_is_understood_however_it_is_said(town: Town, words: str) -> None:
    town.person("demo-resident-1").say(FIRE)
    owner(town).say(words)
    assert looking.ticket(town).arrived_at == town.now


def test_said_twice_it_counts_from_the_first_time(fire: Town) -> None:
    first = owner(fire)
    first.say("到了")
    since = fire.now
    fire.later(minutes=1)
    assert "09:00 已到场" in first.say("到场 1")
    assert looking.ticket(fire).arrived_at == since
    assert looking.verbs(fire).count("emergency_arrived") == 1


def test_after_a_minute_without_an_answer_the_next_level_is_asked_and_paid_posts_once_more(
    fire: Town,
) -> None:
    first = owner(fire)
    assert tick(fire, minutes=1) == "accept_overdue"
    assert looking.ticket(fire).level == Level.COMMUNITY
    pressed = [text for text in fire.person("demo-grid_leader-1").received() if "再催" in text]
    assert len(pressed) == 1 and "1 收到，马上到" in pressed[0]
    head = fire.person("demo-building_head-1").received()
    assert [text for text in head if "再催" in text or "没人到场" in text] == []
    assert any("上一级" in text for text in owner(fire).received())
    assert first.person_id != looking.ticket(fire).owner_id
    assert "也请您赶去" in first.received()[-1]
    first.say("到了")
    assert looking.ticket(fire).arrived_at == fire.now


def test_after_five_minutes_with_nobody_there_community_and_subdistrict_hear_of_it_once(
    fire: Town,
) -> None:
    owner(fire).say("1")
    assert tick(fire, minutes=4) is None
    assert tick(fire, minutes=1) == "arrive_overdue"
    for who in ("community_staff-1", "community_staff-2", "subdistrict_staff-1", "duty_desk-1"):
        heard = [one for one in fire.person(f"demo-{who}").received() if "还没人到场" in one]
        assert len(heard) == 1 and "5 分钟" in heard[0], who
    reporter = fire.person("demo-resident-1").received()
    assert any("还没收到有人到场的消息" in text and "119" in text for text in reporter)
    for _ in range(5):
        tick(fire, minutes=1)
    assert looking.verbs(fire).count("emergency_unreached") == 1


def test_that_nobody_is_there_is_told_also_in_the_minute_of_a_step_up(fire: Town) -> None:
    """Nobody answers at all, and the clock stood still for six minutes."""
    assert tick(fire, minutes=6) == "accept_overdue"
    assert looking.verbs(fire).count("emergency_unreached") == 1
    assert looking.ticket(fire).level == Level.COMMUNITY
    assert looking.ticket(fire).clock_at is not None


def test_a_neighbour_who_is_there_counts_and_is_never_pressed(fire: Town) -> None:
    head = fire.person("demo-building_head-1")
    fire.later(minutes=2)
    assert "不方便了（不用说理由）" in head.say("到了")
    assert tick(fire, minutes=3) != "arrive_overdue"
    assert "emergency_unreached" not in looking.verbs(fire)
    assert any("楼长已到现场" in text for text in owner(fire).received())
    owner(fire).say("到了")
    told = [text for text in fire.person("demo-resident-1").received() if "已到现场" in text]
    assert len(told) == 1  # the first to be there is enough to be at ease


def test_a_stranger_can_not_say_to_be_there(fire: Town) -> None:
    other = fire.person("demo-building_head-8")
    other.say("到场 1")
    assert looking.ticket(fire).arrived_at is None


def test_a_slip_is_taken_back_and_the_clock_runs_on(fire: Town) -> None:
    first = owner(fire)
    fire.later(minutes=1)
    first.say("到了")
    first.say("撤销")
    one = looking.ticket(fire)
    assert (one.arrived_at, one.accepted_at, one.state) == (None, None, State.DISPATCHED)
    assert not any("已到现场" in text for text in fire.person("demo-resident-1").received())
    tick(fire, minutes=4)
    assert "emergency_unreached" in looking.verbs(fire)
    first.say("到了")
    assert looking.ticket(fire).arrived_at == fire.now


def test_community_staff_read_who_answered_who_was_there_and_how_it_ended(fire: Town) -> None:
    first = owner(fire)
    first.say("1")
    fire.later(minutes=2)
    fire.person("demo-building_head-1").say("到了")
    fire.later(minutes=2)
    first.say("到了")
    fire.later(minutes=30)
    first.say("办结 1 火已扑灭，无人受伤")
    for count in (1, 2):
        heard = fire.person(f"demo-community_staff-{count}").received()
        [review] = [text for text in heard if "特急小结" in text]
        lines = review.splitlines()
        assert "1 分钟内" in lines[2] and "楼长（2 分钟）" in lines[2]
        assert lines[3].index("楼长（2 分钟）") < lines[3].index("（4 分钟）")
        assert lines[4] == "结束：34 分钟，已解决。火已扑灭，无人受伤"
        assert not any("#1 已办结" in text for text in heard)
    assert any("#1 已办结" in text for text in fire.person("demo-property_staff-1").received())


def test_the_review_of_what_nobody_answered_says_so(town: Town) -> None:
    town.person("demo-resident-1").say(FIRE)
    town.later(minutes=20)
    town.person("demo-community_staff-1").say("办结 1 误报，是烧纸")
    heard = town.person("demo-community_staff-2").received()
    [review] = [text for text in heard if "特急小结" in text]
    assert "到场：没有人说到场" in review


def test_all_of_it_may_wake_people(fire: Town) -> None:
    tick(fire, minutes=1)
    owner(fire).say("1")
    tick(fire, minutes=4)
    owner(fire).say("到了")
    owner(fire).say("办结 1 火已扑灭")
    rows = fire.look(
        lambda session: session.execute(
            select(OutboxMessage.template, OutboxMessage.quiet).where(
                OutboxMessage.template.regexp_match("^emergency_|reached$")
            )
        ).all()
    )
    assert {quiet for _, quiet in rows} == {Quiet.IGNORE}
    assert {template for template, _ in rows} > {
        *("emergency_again", "emergency_unreached", "ticket_unreached", "ticket_reached"),
        "emergency_review",
    }


def test_a_false_alarm_is_stood_down_and_both_sides_hear_it(fire: Town) -> None:
    first, head = owner(fire), fire.person("demo-building_head-1")
    fire.later(minutes=1)
    assert "请说一句险情怎么解除的" in first.say("解除 1")
    said = first.say("误报，是有人在烧纸")
    assert "#1 已解除险情" in said and "1 办好了" in said
    told = fire.person("demo-resident-1").received()[-1]
    assert told.startswith("#1 ") and "险情已解除：误报，是有人在烧纸" in told and "119" in told
    assert "没到的不用再来了" in head.received()[-1]
    assert "没到的不用再来了" in fire.person("demo-property_staff-1").received()[-1]
    tick(fire, minutes=9)
    assert "emergency_unreached" not in looking.verbs(fire), "nobody is missed any more"
    assert looking.ticket(fire).is_open, "the matter itself goes on"
    assert "已办结" in first.say("办结 1 是烧纸，已劝离")


def test_who_is_asked_to_come_and_is_not_there_does_not_stand_down_nor_does_a_neighbour(
    fire: Town,
) -> None:
    property_staff, head = fire.person("demo-property_staff-1"), fire.person("demo-building_head-1")
    head.say("到了")
    for other in (property_staff, head, fire.person("demo-resident-1")):
        other.say("解除 1 没事了")
    assert "emergency_stood_down" not in looking.verbs(fire)
    property_staff.say("到了")
    assert "已解除险情" in property_staff.say("解除 1 火已扑灭")
    assert "已经" in fire.person("demo-community_staff-1").say("解除 1 火已扑灭")


def test_a_stand_down_is_taken_back_and_they_are_called_again(fire: Town) -> None:
    staff = fire.person("demo-community_staff-1")
    before = looking.answers(fire)
    staff.say("解除 1 误报")
    assert looking.answers(fire) != before
    assert "已撤销" in staff.say("撤销")
    assert looking.answers(fire) == before
    tick(fire, minutes=6)
    assert "emergency_unreached" in looking.verbs(fire)


def test_community_staff_and_the_subdistrict_read_the_review_when_they_ask(fire: Town) -> None:
    first = owner(fire)
    fire.later(minutes=2)
    first.say("到了")
    staff = fire.person("demo-community_staff-1")
    assert "还没办结，已过 2 分钟" in staff.say("小结 1")
    fire.later(minutes=10)
    first.say("解除 1 火已扑灭")
    fire.later(minutes=20)
    first.say("办结 1 火已扑灭，无人受伤")
    fire.later(days=3)
    for who in ("community_staff-1", "subdistrict_staff-1"):
        review = fire.person(f"demo-{who}").say("小结 1").splitlines()
        assert review[3].startswith("到场：") and "2 分钟" in review[3]
        assert review[4].startswith("解除：") and "12 分钟" in review[4]
        assert review[5] == "结束：32 分钟，已解决。火已扑灭，无人受伤"
    assert "特急小结" not in fire.person("demo-property_staff-1").say("小结 1")
    assert "特急小结" not in fire.person("demo-community_staff-3").say("小结 1")
