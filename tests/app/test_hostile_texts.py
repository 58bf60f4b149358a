"""What a resident types is text to who reads it: in chat, console and sheets, and on paper."""

import html
import re
from datetime import UTC, datetime

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import select

from app.paper.sheet import Sheet
from models.tickets.table import Ticket
from tests.app.test_console_exports import taken
from tests.app.visitor import House
from tests.chat import Town

SAID = [
    "3号楼路灯坏了{{7*7}}{% for a in text %}{{ p.__class__ }}{% endfor %}{# 说明 #}",
    "3号楼路灯坏了<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;",
    "3号楼路灯坏了]]><Content>假的</Content><![CDATA[",
    "3号楼路灯坏了\u202egpj.exe\u200b\u2066\ufeff${7*7}'\"--%s%n%(name)s",
    '=HYPERLINK("http://x","3号楼路灯坏了")+cmd|\'/c calc\'!A1',
]


@pytest.mark.parametrize("said", SAID)
def test_it_is_shown_as_it_was_typed_and_never_worked_out(house: House, said: str) -> None:
    town = Town(house.database, house.now)
    reply = town.person("demo-resident-1").say(said)
    assert "#" in reply and "class '" not in reply
    house.later(minutes=1)
    with house.database.reading() as session:
        one = session.scalars(select(Ticket)).one()
    staff = house.signed_in("community_staff")
    pages = [staff.get(f"/console/tickets/{one.id}").text, staff.get("/console/tickets").text]
    assert html.escape(one.text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in pages[0]
    for page in pages:
        assert not re.search(r"<script>alert|<img src=x|onerror=alert\(1\)>|<Content>", page)
    for form in ("csv", "xlsx"):
        [row] = taken(staff, "tickets", form)[1:]
        assert row[6].lstrip("'")[:12] == one.text[:12]
        assert form != "csv" or not row[6].startswith("=")


def test_it_is_drawn_on_paper_whatever_is_in_it() -> None:
    sheet = Sheet("标题", datetime(2026, 3, 2, tzinfo=UTC))
    sheet.turn()
    for number, said in enumerate(SAID):
        for line in sheet.lines(said, 10):
            sheet.write(line, 20.0, 20.0 + number * 10, 10)
    [page] = PdfDocument(sheet.bytes())
    assert "{{7*7}}" in page.get_textpage().get_text_bounded()
