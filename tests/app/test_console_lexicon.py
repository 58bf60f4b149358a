"""The lexicon at the desk: where a word weighs, what a sentence means, what a change would move."""

import pytest
from sqlalchemy import select

from models.policies import Policy
from models.tickets.table import About
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import building, ticket

PATH = "/console/lexicon"
LOOK, PUBLISH = "/console/settings/look", "/console/settings/publish"


@pytest.fixture
def worker(house: House) -> Visitor:
    return house.signed_in("community_staff")


def change(word: str, label: str, weight: str = "8", do: str = "teach") -> dict[str, str]:
    return {
        "of": "lexicon",
        "after": "0",
        "do": do,
        "word": word,
        "class": label,
        "weight": weight,
    }


def test_a_word_is_looked_up_and_a_sentence_tried(worker: Visitor) -> None:
    page = worker.get(f"{PATH}?word=僵尸车").text
    assert "停车·僵尸车" in page and "10 分" in page and "出厂就有" in page
    page = worker.get(f"{PATH}?word=车位").text
    assert "带这个词的" in page and ">停车位</a>" in page
    assert "现在不算哪一类" in worker.get(f"{PATH}?word=咕噜业").text
    page = worker.get(f"{PATH}?say=楼下有辆僵尸车").text
    assert "停车·僵尸车" in page and "把握" in page and ">僵尸车</a>" in page
    assert "一个认得的词也没有" in worker.get(f"{PATH}?say=咕噜咕噜").text


def test_a_change_shows_which_tickets_it_would_move_and_hides_the_protected_ones(
    house: House, worker: Visitor
) -> None:
    with house.database.writing() as session:
        for text, about in (
            ("咕噜业在楼下响，电话13812345678", None),
            ("咕噜业保安骂人", About.PROPERTY),
            ("路灯不亮", None),
        ):
            ticket(session, building(session), house.now, text=text, about=about)
    look = worker.post(LOOK, change("咕噜业", "noise.equipment"))
    assert look.status_code == 200
    assert "有 1 件会归到别的类" in look.text and "噪音·设备低频</ins>" in look.text
    assert "138****5678" in look.text and "保安骂人" not in look.text
    assert (
        queries_of(house.database, lambda: worker.post(LOOK, change("棚子", "noise.other"))) <= 14
    )
    form = {**change("咕噜业", "noise.equipment"), "reason": "大家都这么叫"}
    assert worker.post(PUBLISH, form).status_code == 302
    page = worker.get(f"{PATH}?word=咕噜业").text
    assert "教过的" in page and "8 分" in page
    gone = {**change("咕噜业", "noise.equipment", do="silence"), "after": "1", "reason": "教错了"}
    assert worker.post(PUBLISH, gone).status_code == 302
    with house.database.reading() as session:
        versions = session.scalars(select(Policy).order_by(Policy.version)).all()
    assert [one.body for one in versions] == [{"words": {"咕噜业": {"noise.equipment": 8.0}}}, {}]
    back = {"of": "lexicon", "version": "1", "after": "2", "reason": "还是要"}
    assert worker.post("/console/settings/revert", back).status_code == 302


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (change("车", "parking.other"), "一个字的词到处都有"),
        (change("咕噜业", ""), "请选算哪一类"),
        (change("咕噜业", "noise.equipment", "99"), "1 到 10"),
        (change("僵尸车", "parking.zombie_car", "10"), "已经是 10 分"),
        (change("僵尸车", "noise.equipment", "3"), "停车·僵尸车已经有 10 分"),
        (change("咕噜业", "noise.equipment", do="silence"), "没有可去掉的"),
        (change("僵尸车", "parking.zombie_car", do="restore"), "就是出厂的样子"),
        (change("咕噜业", "noise.equipment", do="forget"), "请选算哪一类"),
        ({"of": "lexicon", "after": "0", "taught": "咕噜业 停车"}, "咕噜业 停车"),
        (change("僵尸车", "parking.zombie_car", do="silence"), "会听成"),
    ],
)
def test_what_can_not_be_taught_is_told_in_words_and_stays_in_the_form(
    worker: Visitor, form: dict[str, str], words: str
) -> None:
    refused = worker.post(LOOK, form)
    assert refused.status_code == 422 and words in refused.text, refused.text
    assert form.get("word", "") in refused.text
    assert worker.post(PUBLISH, {**form, "reason": "试试"}).status_code == 422


def test_all_that_is_taught_can_be_written_as_lines(house: House, worker: Visitor) -> None:
    form = {"of": "lexicon", "after": "0", "reason": "一起教"}
    lines = "咕噜业 噪音·设备低频 8\n棚棚车 停车·其他停车问题 5"
    assert worker.post(PUBLISH, {**form, "taught": lines}).status_code == 302
    page = worker.get("/console/settings/edit?of=lexicon").text
    assert lines in page
    assert "教过的词和版本（2）" in worker.get(PATH).text
    admin = house.signed_in("admin")
    admin.confirm()
    assert "去掉" in admin.get(f"{PATH}?word=僵尸车").text
    assert house.signed_in("grid_leader").get(PATH).status_code == 403
