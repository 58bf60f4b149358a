"""The page of a ticket: what it shows to whom, and every verb it offers."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from app.console.rendering import words_of
from config.policy import load
from models import access_log, media, takeovers
from models.access_log import Access
from models.errors import DomainError
from models.hazards import entering as hazards
from models.people import Person
from models.ticket_flow import EVENTS, Action, State
from models.tickets import undoing
from models.tickets.actions import allowed, apply
from models.tickets.corrections import corrections
from models.tickets.step import Actor
from models.tickets.table import About, Note, Ticket
from models.whistles import lists as whistles
from models.whistles.flow import CallState
from tests.app.visitor import House, Visitor
from tests.chat import Town
from tests.factories import building, demo_person, post_of, ticket

SAID = "三楼楼道有人拉飞线给电瓶车充电"


@pytest.fixture
def number(house: House) -> int:
    """Reported in chat by demo-resident-1, as everything is."""
    town = Town(house.database, house.now)
    town.person("demo-resident-1").say(f"3号楼{SAID}")
    with house.database.reading() as session:
        return session.scalars(select(Ticket.id)).one()


def read(house: House, number: int) -> Ticket:
    with house.database.reading() as session:
        return session.get_one(Ticket, number)


def act(visitor: Visitor, number: int, action: str, **form: str):  # type: ignore[no-untyped-def]
    return visitor.post(f"/console/tickets/{number}/act", {"action": action, **form})


def test_it_shows_the_words_the_class_with_its_reasons_and_the_timeline(
    house: House, number: int
) -> None:
    page = house.signed_in("community_staff").get(f"/console/tickets/{number}").text
    one = read(house, number)
    assert SAID in page and "电动车充电" in page and "幸福里小区3号楼" in page
    assert one.evidence
    for word, weight in one.evidence:
        assert f"<span>{word}</span>" in page and f"{weight:+.1f}" in page
    assert "报事，受理" in page
    assert "居民A" not in page


def test_the_buttons_are_those_that_the_model_allows(house: House, number: int) -> None:
    for role in ("community_staff", "grid_worker", "grid_leader", "duty_desk"):
        visitor = house.signed_in(role)
        page = visitor.get(f"/console/tickets/{number}")
        with house.database.reading() as session:
            who = Actor(demo_person(session, role))
            one = session.get_one(Ticket, number)
            expected = set(allowed(session, one, by=who, at=house.now))
        offered = set(re.findall(r'name="action" value="(\w+)"', page.text))
        assert offered == {str(action) for action in expected}, role


def test_work_from_accepting_to_the_end(house: House, number: int) -> None:
    worker = house.signed_in("grid_worker")
    assert act(worker, number, "accept").status_code == 302
    assert act(worker, number, "start").status_code == 302
    answer = act(worker, number, "resolve", outcome="fixed")
    assert answer.status_code == 422 and "请写上办结的原因" in answer.text
    answer = act(worker, number, "resolve", outcome="cannot_fix", reason="产权有争议，已约谈")
    assert answer.status_code == 302
    one = read(house, number)
    assert (one.state, one.outcome, one.result) == (
        State.RESOLVED,
        "cannot_fix",
        "产权有争议，已约谈",
    )
    page = worker.get(f"/console/tickets/{number}").text
    assert "办结：暂时解决不了" in page and "产权有争议，已约谈" in page
    told = Town(house.database, house.now).person("demo-resident-1").received()
    assert any("产权有争议" in message for message in told)


def test_a_step_can_be_undone_for_ten_minutes(house: House, number: int) -> None:
    worker = house.signed_in("grid_worker")
    act(worker, number, "accept")
    assert act(worker, number, "undo").status_code == 302
    assert read(house, number).state == State.DISPATCHED
    act(worker, number, "accept")
    house.later(minutes=11)
    answer = act(worker, number, "undo")
    assert answer.status_code == 422 and "过了时候" in answer.text


def test_what_was_typed_is_there_again_when_it_is_refused(house: House, number: int) -> None:
    staff = house.signed_in("community_staff")
    answer = act(staff, number, "transfer", reason="这件归物业办", holder="")
    assert answer.status_code == 422
    assert "请选一个能接这件事的人" in answer.text and "这件归物业办" in answer.text
    assert 'aria-describedby="problem-transfer"' in answer.text


def test_a_transfer_goes_to_whom_one_chose_and_to_nobody_else(house: House, number: int) -> None:
    staff = house.signed_in("community_staff")
    with house.database.reading() as session:
        leader, stranger = post_of(session, "grid_leader").id, post_of(session, "grid_leader", 4).id
    answer = act(staff, number, "transfer", holder=str(stranger), reason="换人")
    assert answer.status_code == 422
    assert act(staff, number, "transfer", holder=str(leader), reason="换人").status_code == 302
    assert read(house, number).owner_post_id == leader


def test_who_may_see_it_but_not_do_it_is_told_so(house: House, number: int) -> None:
    staff = house.signed_in("community_staff")
    answer = act(staff, number, "accept")
    assert answer.status_code == 403 and "不归您办" in answer.text
    assert read(house, number).state == State.DISPATCHED


def test_merging_takes_a_number_one_sees(house: House, number: int) -> None:
    with house.database.writing() as session:
        other = ticket(session, building(session), house.now, category="ebike_charging").id
        hidden = ticket(session, building(session), house.now, about=About.COMMUNITY).id
    staff = house.signed_in("community_staff")
    for wrong in (str(hidden), "99999", "x", ""):
        answer = act(staff, other, "merge", into=wrong, reason="同一件")
        assert answer.status_code == 422 and "没有找到要并进去的工单" in answer.text
    assert act(staff, other, "merge", into=f"#{number}", reason="同一件").status_code == 302
    assert read(house, other).merged_into == number


def test_a_corrected_class_is_kept_as_what_teaches_the_weights(house: House, number: int) -> None:
    staff = house.signed_in("community_staff")
    wrong = staff.post(f"/console/tickets/{number}/class", {"class": "noise.nothing"})
    assert wrong.status_code == 422 and "请选一个类别" in wrong.text
    right = staff.post(f"/console/tickets/{number}/class", {"class": "fire_safety.other"})
    assert right.status_code == 302
    with house.database.reading() as session:
        (learned,) = corrections(session)
    assert learned.before[0] == "ebike_charging" and learned.after == ("fire_safety", "other")
    page = staff.get(f"/console/tickets/{number}").text
    assert "改类：电动车充电" in page and "人工改过" in page


def test_a_wrong_urgency_is_set_right_with_a_reason(house: House, number: int) -> None:
    staff = house.signed_in("community_staff")
    wanted = "normal" if read(house, number).urgency == "urgent" else "urgent"
    answer = act(staff, number, "set_urgency", urgency=wanted)
    assert answer.status_code == 422 and "请写上改急缓的原因" in answer.text
    answer = act(staff, number, "set_urgency", urgency="soon", reason="看过现场")
    assert answer.status_code == 422 and "请选一般或紧急" in answer.text
    assert act(staff, number, "set_urgency", urgency=wanted, reason="看过现场").status_code == 302
    assert read(house, number).urgency == wanted
    page = staff.get(f"/console/tickets/{number}").text
    assert "改急缓：" in page and "看过现场" in page


def test_a_note_stays_inside_and_an_answer_reaches_the_resident(house: House, number: int) -> None:
    staff = house.signed_in("community_staff")
    path = f"/console/tickets/{number}/note"
    assert staff.post(path, {"words": "  "}).status_code == 422
    staff.post(path, {"words": "房东电话打不通", "for": "staff"})
    staff.post(path, {"words": "明天上午上门", "for": "reporter"})
    page = staff.get(f"/console/tickets/{number}").text
    assert "居民看不到" in page and "已发给居民" in page
    told = Town(house.database, house.now).person("demo-resident-1").received()
    assert any("明天上午上门" in message for message in told)
    assert not any("房东" in message for message in told)


def test_name_and_phone_are_shown_on_asking_and_the_look_is_written_down(
    house: House, number: int
) -> None:
    with house.database.writing() as session:
        person = session.get_one(Person, demo_person(session, "resident"))
        person.phone = "0000-2000001"
    worker = house.signed_in("grid_worker")
    assert "0000-2000001" not in worker.get(f"/console/tickets/{number}").text
    answer = worker.post(f"/console/tickets/{number}/reporter")
    assert "居民A" in answer.text and "0000-2000001" in answer.text
    with house.database.reading() as session:
        (look,) = access_log.latest(session)
        assert look.person_id == demo_person(session, "grid_worker")
        assert look.subject_id == demo_person(session, "resident")
        assert look.ticket_id == number
    admin = house.signed_in("admin")
    admin.confirm()
    page = admin.get("/console/access-log").text
    assert "幸福第一网格网格员" in page and f"#{number}" in page and "居民A" not in page


def test_a_hidden_name_is_shown_to_nobody_and_no_look_is_written(house: House, number: int) -> None:
    with house.database.writing() as session:
        session.get_one(Ticket, number).hides_reporter = True
    staff = house.signed_in("community_staff")
    page = staff.get(f"/console/tickets/{number}").text
    assert "本人要求不透露" in page and "查看姓名电话" not in page
    answer = staff.post(f"/console/tickets/{number}/reporter")
    assert answer.status_code == 403 and "居民A" not in answer.text
    with house.database.reading() as session:
        assert session.scalars(select(Access)).all() == []


def test_a_chat_is_taken_over_from_the_page_and_handed_back(house: House, number: int) -> None:
    staff = house.signed_in("community_staff")
    path = f"/console/tickets/{number}"
    assert staff.post(f"{path}/answer", {"words": "您好"}).status_code == 403
    assert staff.post(f"{path}/take-over").status_code == 302
    assert "正在和居民直接说话" in staff.get(path).text
    town = Town(house.database, house.now)
    resident = town.person("demo-resident-1")
    staff.post(f"{path}/answer", {"words": "您好，我是社区的，几点方便上门？"})
    assert any("几点方便上门" in message for message in resident.received())
    resident.say("晚上七点以后")
    assert "晚上七点以后" in staff.get(f"{path}/talk").text
    other = house.signed_in("community_staff", 2)
    refused = other.post(f"{path}/take-over")
    assert refused.status_code == 422 and "等交还后再接管" in refused.text
    assert other.post(f"{path}/answer", {"words": "插一句"}).status_code == 403
    assert staff.post(f"{path}/hand-back").status_code == 302
    with house.database.reading() as session:
        assert takeovers.of_ticket(session, number) is None
    assert "接管聊天，直接和居民说" in staff.get(path).text


def test_departments_are_called_check_in_and_answer_from_the_page(
    house: House, number: int
) -> None:
    staff, fire = house.signed_in("community_staff"), house.signed_in("department_liaison", 2)
    path = f"/console/tickets/{number}"
    assert fire.get(path).status_code == 404
    nobody = staff.post(f"{path}/whistle", {})
    assert nobody.status_code == 422 and "请至少选一个部门" in nobody.text
    form = {"departments": ["fire", "city_management"], "kind": "urgent", "words": "楼道飞线"}
    assert staff.post(f"{path}/whistle", form).status_code == 302
    with house.database.reading() as session:
        whistle = whistles.latest(session, number)
        assert whistle is not None and whistle.kind == "urgent"
        calls = {one.department: one.id for one in whistles.calls_of(session, whistle)}
    page = fire.get(path).text
    assert "请消防报到" in page and 'value="check_in"' in page
    assert page.count('value="check_in"') == 1
    mine = f"{path}/calls/{calls['fire']}"
    assert fire.post(mine, {"action": "check_in"}).status_code == 302
    assert fire.post(mine, {"action": "answer", "words": ""}).status_code == 422
    assert fire.post(mine, {"action": "answer", "words": "已拆除飞线3处"}).status_code == 302
    other = f"{path}/calls/{calls['city_management']}"
    assert fire.post(other, {"action": "check_in"}).status_code == 403
    early = staff.post(f"{path}/whistle/end", {"action": "confirm"})
    assert early.status_code == 409
    ended = staff.post(f"{path}/whistle/end", {"action": "break_off", "words": "城管改日再来"})
    assert ended.status_code == 302
    with house.database.reading() as session:
        states = [one.state for one in whistles.calls_of(session, whistle)]
    assert states == [CallState.ANSWERED, CallState.RELEASED]
    page = staff.get(path).text
    assert "消防回结果" in page and "哨提前结束" in page and "已拆除飞线3处" in page


def test_photos_are_shown_with_their_ticket_and_to_nobody_else(
    house: House, number: int, tmp_path: Path
) -> None:
    house.settings.data_dir = tmp_path
    sha256 = "ab" * 32
    for path in (media.path_of(sha256), media.thumbnail_path_of(sha256)):
        target = tmp_path / "media" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), "green").save(target, "JPEG")
    with house.database.writing() as session:
        who = demo_person(session, "resident")
        media.want_photo(session, "main", "m1", number, who, house.now)
        session.flush()
        photo = session.scalars(select(media.Media)).one()
        media.keep(
            session,
            photo.id,
            sha256=sha256,
            kind="image/jpeg",
            size=10,
            width=8,
            height=8,
            now=house.now,
        )
    staff = house.signed_in("community_staff")
    assert f"/console/photos/{photo.id}" in staff.get(f"/console/tickets/{number}").text
    for query in ({}, {"whole": "1"}):
        path = f"/console/photos/{photo.id}"
        answer = staff.get(path, query_string=query, buffered=True)
        assert answer.status_code == 200 and answer.mimetype == "image/jpeg"
    stranger = house.signed_in("community_staff", 3)
    assert stranger.get(f"/console/photos/{photo.id}").status_code == 404
    assert stranger.get("/console/photos/99999").status_code == 404


def test_neighbours_and_the_reporter_have_no_names_also_when_they_hold_posts(
    house: House,
) -> None:
    """A grid worker who reports at home is a resident there."""
    with house.database.writing() as session:
        who = demo_person(session, "grid_worker", 3)
        number = ticket(session, building(session), house.now, reporter=who).id
        session.add(
            Note(ticket_id=number, author_id=who, text="补一句", for_reporter=False, at=house.now)
        )
    page = house.signed_in("community_staff").get(f"/console/tickets/{number}").text
    assert "补一句" in page and "幸福第三网格网格员" not in page


def test_every_event_of_a_ticket_has_its_words(house: House) -> None:
    from_steps = set(EVENTS.values())
    template = Path("app/console/templates/console/_timeline.html").read_text("utf-8")
    told = set(re.findall(r'one\.verb == "(\w+)"', template))
    silent = {"ticket_counted"}  # a mark for the figures alone
    if 'one.verb.startswith("hotline_")' in template:
        told |= set(load("labels")["hotline_step"])
    kinds = ("ticket_", "emergency_", "chat_", "whistle_", "supporter_")
    announced = {verb for verb in load("notifications") if verb.startswith(kinds)}
    assert (from_steps | undoing.BESIDE | announced) - silent <= told


def test_every_refusal_of_the_domain_has_its_words_here(house: House) -> None:
    def kinds(kind: type[DomainError]) -> set[type[DomainError]]:
        return {kind}.union(*(kinds(one) for one in kind.__subclasses__()))

    context = {"minutes": 15, "least": 10, "most": 12, "state": "resolved", "action": "accept"}
    ours = [
        kind
        for kind in kinds(DomainError)
        if kind.__module__.startswith(("models.errors", "models.s", "app.console"))
    ]
    with house.app.test_request_context("/console/"):
        said = {kind: words_of(kind(**context)) for kind in ours}
    assert [kind for kind in ours if said[kind] == said[DomainError]] == [DomainError]


def test_a_ticket_leads_to_its_hazard_and_its_legacy_problem_whoever_may_open_them(
    house: House,
) -> None:
    with house.database.writing() as session:
        wires = {"category": "ebike_charging", "subcategory": "flying_wire_charging"}
        number = ticket(session, building(session), house.now, **wires).id
        found = hazards.of_ticket(session, number)
        assert found is not None
        hazard = found.id
    staff, worker = house.signed_in("community_staff"), house.signed_in("grid_worker")
    begin, path = f'/console/legacy/new?ticket={number}"', f"/console/tickets/{number}"
    page = staff.get(path).text
    assert f'/console/hazards/{hazard}"' in page and begin in page
    assert begin not in worker.get(path).text, "who may not begin one is not asked to"
    made = staff.post("/console/legacy/new", {"ticket": number, "title": "飞线治理"})
    problem = made.location.partition("?")[0]
    assert f'{problem}"' in (page := staff.get(path).text) and begin not in page
    assert worker.get(problem).status_code == 404 and problem not in worker.get(path).text


def test_a_ticket_whose_reporter_is_gone_can_still_be_worked_on(house: House, number: int) -> None:
    town = Town(house.database, house.now)
    resident = town.person("demo-resident-1")
    resident.say("隐私")
    resident.say("2")
    resident.say("1")
    worker = house.signed_in("grid_worker")
    page = worker.get(f"/console/tickets/{number}")
    assert page.status_code == 200 and "原话已按本人要求删除" in page.text
    assert act(worker, number, "accept").status_code == 302
    house.later(hours=1)
    with house.database.writing() as session:
        one = session.get_one(Ticket, number)
        apply(
            session,
            one,
            Action.SUSPEND,
            by=Actor(one.owner_id),
            at=house.now,
            reason="等人",
            until=house.now + timedelta(days=2),
        )
    assert "挂起到" in worker.get(f"/console/tickets/{number}").text
