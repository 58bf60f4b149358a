"""The handbook tells the truth: its buttons stand on pages, its links lead, its pictures show."""

import re
from pathlib import Path

from PIL import Image

from app.console import chapters
from app.console.access import PAGES
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House

CONSOLE = Path(chapters.__file__).parent
TEMPLATES = CONSOLE / "templates" / "console"
LABELS = (CONSOLE.parent.parent / "config" / "labels.toml").read_text("utf-8")
KEY = re.compile(r'<b class="key">([^<]+)</b>')
PICTURE = re.compile(
    r'<img class="picture" src="/console/static/handbook/(\w+\.png)\?v=\w+" alt="([^"]+)"'
)
LARGEST = 60_000


def test_every_button_that_is_named_stands_on_a_page(house: House) -> None:
    said = LABELS + "".join(one.read_text("utf-8") for one in TEMPLATES.glob("*.html"))
    whole = house.signed_in("community_staff").get("/console/handbook/all").text
    keys = set(KEY.findall(whole))
    assert len(keys) > 30
    assert [one for one in sorted(keys) if one not in said] == []


def test_every_chapter_has_one_small_picture_with_words_for_who_can_not_see_it(
    house: House,
) -> None:
    staff = house.signed_in("community_staff")
    shown = set()
    for one in chapters.chapters():
        page = staff.get(f"/console/handbook/{one.key}")
        assert page.status_code == 200 and f"<h1>{one.title}</h1>" in page.text
        ((name, words),) = PICTURE.findall(page.text)
        path = CONSOLE / "static" / "handbook" / name
        assert path.stat().st_size < LARGEST
        with Image.open(path) as picture:
            assert picture.size == (390, 600)
        assert len(words) > 8
        shown.add(name)
    assert shown == {one.name for one in (CONSOLE / "static" / "handbook").iterdir()}
    assert staff.get("/console/handbook/nothing").status_code == 404
    assert queries_of(house.database, lambda: staff.get("/console/handbook/all")) <= 3


def test_every_page_has_the_way_to_its_chapter(house: House) -> None:
    told = set().union(*(one.pages for one in chapters.chapters()))
    assert told <= set(PAGES)
    staff = house.signed_in("community_staff")
    assert "/console/handbook/dispatch" in staff.get("/console/tickets").text
    assert "/console/handbook/people" in staff.get("/console/people").text
    assert 'href="/console/handbook"' in staff.get("/console/account").text


def test_who_keeps_accounts_is_led_to_no_page_they_may_not_open(house: House) -> None:
    admin = house.signed_in("admin")
    admin.confirm()
    text = admin.get("/console/handbook/dispatch").text
    assert "筛选" in text and 'href="/console/tickets"' not in text
