"""Unanswered texts at the desk: an answer, a word, or a reason; and nobody reads what is hidden."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from models.directory.table import DirectoryEntry
from models.policies import Policy
from models.tickets.table import About, Ticket
from models.unanswered.table import SettledText, Settlement, Way
from tests.app.test_console_access import plain
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.chat import Town
from tests.factories import area_named

PATH = "/console/unanswered"
ROOM = ("乒乓球室几点开门", "请问小区的乒乓球室晚上开吗")


@pytest.fixture
def town(house: House) -> Town:
    return talked(house)


def talked(house: House) -> Town:
    """Two ask for one thing, one says what nobody knows, one leaves a phone and a room."""
    town = Town(house.database, house.now)
    for count, said in enumerate(
        (*ROOM, "咕噜业又来了", "办事 潜水请打13812345678到3单元502室"), start=1
    ):
        town.person(f"demo-resident-{min(count, 3)}").say(said)
        house.now = town.later(minutes=5)
    return town


def keys(visitor: Visitor) -> list[str]:
    return re.findall(r'data-group="(\w+)"', visitor.get(PATH).text)


def texts_in(page: TestResponse) -> list[str]:
    return re.findall(r'type="checkbox" name="texts" value="(\w+)"', page.text)


def group(visitor: Visitor, words: str) -> tuple[str, list[str]]:
    """The key of the group in whose heading these words stand, and its texts."""
    for key in keys(visitor):
        page = visitor.get(f"{PATH}/{key}")
        if re.search(rf"<h1>[^<]*{words}", page.text):
            return key, texts_in(page)
    raise LookupError(words)


def entry(house: House, **more: Any) -> dict[str, Any]:
    with house.database.reading() as session:
        area_id = area_named(session, "幸福社区").id
    return {
        "kind": "faq",
        "area": area_id,
        "title": "乒乓球室开放时间",
        "text": "每天9点到21点",
        "aliases": "乒乓球室 打乒乓球",
        **more,
    }


def test_a_group_is_answered_and_whoever_asks_next_gets_the_answer(
    house: House, town: Town
) -> None:
    worker = house.signed_in("community_staff")
    page = worker.get(PATH).text
    assert '共 <strong class="number">4</strong> 句，<strong class="number">3</strong> 类' in page
    assert len(keys(worker)) == 3 and ROOM[0] in page
    assert "13812345678" not in page and "502" not in page and "138****5678" in page
    key, texts = group(worker, "乒乓球室")
    page = worker.get(f"{PATH}/{key}").text
    assert len(texts) == 2 and 'value="乒乓球室"' in page and "还开着" in page
    empty = worker.post(f"{PATH}/{key}/answer", {"texts": texts, "what": "keep", "kind": "faq"})
    assert empty.status_code == 422 and "标题：要填" in empty.text and "内容：要填" in empty.text
    tried = worker.post(f"{PATH}/{key}/answer", {"texts": texts, "what": "look", **entry(house)})
    assert "每天9点到21点" in tried.text
    assert (tried.text.count("能答上</span>"), tried.text.count("还答不上</span>")) == (1, 1)
    narrow = entry(house, aliases="", title="球桌")
    tried = worker.post(f"{PATH}/{key}/answer", {"texts": texts, "what": "look", **narrow})
    assert tried.text.count("还答不上</span>") == 2
    kept = worker.post(f"{PATH}/{key}/answer", {"texts": texts, "what": "keep", **entry(house)})
    assert kept.status_code == 302
    assert "2 位居民的工单还开着" in worker.get(kept.location).text
    assert len(keys(worker)) == 2
    house.now = town.later(minutes=1)
    assert "9点到21点" in town.person("demo-resident-3").say("乒乓球室几点开门")
    settled = worker.get(f"{PATH}/settled").text
    assert "写了答案“乒乓球室开放时间”" in settled
    assert '后来答上 <strong class="number">1</strong> 句' in settled
    with house.database.reading() as session:
        made = session.scalars(select(Settlement)).one()
        assert session.get_one(DirectoryEntry, made.entry_id).title == "乒乓球室开放时间"
    again = worker.post(f"{PATH}/{key}/answer", {"texts": texts, "what": "keep", **entry(house)})
    assert again.status_code == 404


def test_a_word_taught_for_a_group_takes_it_off_the_list_when_it_is_published(
    house: House, town: Town
) -> None:
    worker = house.signed_in("community_staff")
    key, texts = group(worker, "咕噜业")
    form = {
        "of": "lexicon",
        "after": "0",
        "do": "teach",
        "texts": " ".join(texts),
        "word": "咕噜业",
        "class": "noise.equipment",
        "weight": "8",
    }
    look = worker.post("/console/settings/look", form)
    assert look.status_code == 200 and "咕噜业 噪音·设备低频 8" in look.text
    assert "没听懂的这几句会听成什么" in look.text and "噪音·设备低频</ins>" in look.text
    assert key in keys(worker)
    done = worker.post("/console/settings/publish", {**form, "reason": "居民都这么叫"})
    assert done.status_code == 302
    assert key not in keys(worker)
    with house.database.reading() as session:
        made = session.scalars(select(Settlement)).one()
        assert (made.way, made.word, made.label) == (Way.TAUGHT, "咕噜业", "noise.equipment")
        assert session.scalars(select(Policy)).one().body == {
            "words": {"咕噜业": {"noise.equipment": 8.0}}
        }
    assert "教了“咕噜业”，算噪音·设备低频" in worker.get(f"{PATH}/settled").text


def test_what_needs_nothing_is_put_away_with_a_reason_and_can_come_back(
    house: House, town: Town
) -> None:
    worker = house.signed_in("community_staff")
    key, texts = group(worker, "乒乓球室")
    unsaid = worker.post(f"{PATH}/{key}/dismiss", {"texts": texts, "reason": " "})
    assert unsaid.status_code == 422 and "为什么" in unsaid.text
    nothing = worker.post(f"{PATH}/{key}/dismiss", {"reason": "没选"})
    assert nothing.status_code == 409
    left = worker.post(f"{PATH}/{key}/dismiss", {"texts": texts[:1], "reason": "测试"})
    assert left.status_code == 302
    assert group(worker, "乒乓球室")[1] == texts[1:]
    page = worker.get(f"{PATH}/settled").text
    number = re.search(r'data-settlement="(\d+)"', page)
    assert number is not None and "不用处理：测试" in page
    assert worker.post(f"{PATH}/settled/{number[1]}").status_code == 302
    assert len(group(worker, "乒乓球室")[1]) == 2
    assert worker.post(f"{PATH}/settled/{number[1]}").status_code == 404


def test_who_is_meant_or_serves_elsewhere_finds_no_word_of_it_by_any_address(
    house: House, town: Town
) -> None:
    with house.database.writing() as session:
        accusing = session.scalars(select(Ticket).where(Ticket.text == ROOM[1])).one()
        accusing.about = About.COMMUNITY
        hidden = f"t{accusing.id}"
    for visitor in (house.signed_in("community_staff"), house.signed_in("subdistrict_staff")):
        assert ROOM[1] not in visitor.get(PATH).text
        gone, nobody = visitor.get(f"{PATH}/{hidden}"), visitor.get(f"{PATH}/t99999")
        assert gone.status_code == nobody.status_code == 404
        assert plain(gone.text) == plain(nobody.text)
        form = {"texts": [hidden], "reason": "猜的"}
        visible = group(visitor, "乒乓球室")[0]
        assert visitor.post(f"{PATH}/{visible}/dismiss", form).status_code == 409
    other = house.signed_in("community_staff", 3)
    assert not {ROOM[0], ROOM[1]} & set(re.findall(r">([^<>]+)</a>", other.get(PATH).text))
    with house.database.reading() as session:
        assert session.scalar(select(SettledText.id)) is None
    assert house.signed_in("grid_leader").get(PATH).status_code == 403


def test_the_pages_ask_little_of_the_store(house: House, town: Town) -> None:
    worker = house.signed_in("subdistrict_staff")
    key, texts = group(worker, "乒乓球室")
    with house.database.reading() as session:
        area_id = area_named(session, "幸福社区").id
    assert len(keys(worker)) == 3
    assert "乒乓球室" in worker.get(f"{PATH}?area={area_id}").text
    assert "都答上了" in worker.get(f"{PATH}?area=1").text
    form = {"texts": texts, "what": "look", **entry(house)}
    token = worker.token()
    for ask in (
        lambda: worker.get(PATH),
        lambda: worker.get(f"{PATH}/settled"),
        lambda: worker.get(f"{PATH}/{key}"),
        lambda: worker.client.post(f"{PATH}/{key}/answer", data={**form, "csrf_token": token}),
    ):
        assert queries_of(house.database, ask) <= 12, ask
