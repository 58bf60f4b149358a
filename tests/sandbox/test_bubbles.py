"""How messages are drawn: taps, links, and what must not become one."""

import pytest

from app.sandbox.bubbles import bubble, lines_of
from app.sandbox.received import tappable_in


def row(text: str, kind: str = "reply", type_: str = "text", **body) -> dict:
    given = body or {"Content": text}
    return {
        "id": 1,
        "at": 0.0,
        "kind": kind,
        "type": type_,
        "text": text,
        "body": given,
        "options": tappable_in(text),
    }


@pytest.mark.parametrize("line", ["1 是", "1. 是", "1、是", "１．是", "(x)\n2） 否", "12 第十二项"])
def test_numbered_lines_can_be_tapped(line):
    assert any("send" in segment for part in lines_of(row(line)) for segment in part)


@pytest.mark.parametrize("line", ["10:30 前", "3.5 小时", "2026 年", "12号楼", "1", "编号 1 是"])
def test_times_numbers_and_places_cannot_be_tapped(line):
    assert not any("send" in segment for part in lines_of(row(line)) for segment in part)


def test_what_a_person_wrote_cannot_be_tapped():
    assert "send" not in lines_of(row("1 是", kind="sent"))[0][0]


def test_links_open_only_pages():
    text = '<a href="http://127.0.0.1/p/1">看</a> <a href="javascript:alert(1)">坏</a>'
    good, space, bad = lines_of(row(text))[0]
    assert good == {"text": "看", "href": "http://127.0.0.1/p/1"}
    assert bad == {"text": "坏"}
    assert space == {"text": " "}


def test_a_menu_link_sends_its_content_and_id():
    text = "或<a href='weixin://bizmsgmenu?msgmenucontent=人工&msgmenuid=9'>转人工</a>"
    assert lines_of(row(text))[0][1] == {"text": "转人工", "send": "人工", "menu_id": "9"}
    assert bubble(row(text))["options"] == []


def test_a_mini_program_link_names_its_page():
    text = '<a data-miniprogram-appid="wx1" data-miniprogram-path="pages/x" href="">去</a>'
    assert lines_of(row(text))[0][0] == {"text": "去", "page": "pages/x"}


def test_options_of_a_message_menu_stay_buttons():
    drawn = bubble(row("满意吗") | {"options": [{"label": "是", "send": "是", "menu_id": "1"}]})
    assert [option["label"] for option in drawn["options"]] == ["是"]


def test_a_card_opens_only_pages():
    assert bubble(row("进度", "template", "template", url="javascript:x"))["link"] == ""
    assert bubble(row("进度", "template", "template", url="https://a.cn"))["link"] == "https://a.cn"
