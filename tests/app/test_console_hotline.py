"""The page of hotline orders: a file brought, a join undone, an order and results handed back."""

import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import event

from app.sheets import read_grid
from jobs import hotline as jobs
from jobs.queue import Queue
from models.base import Database
from models.hotline import orders
from models.hotline.table import HotlineOrder
from models.ticket_flow import Action, Outcome
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests import factories
from tests.app.visitor import House, Visitor
from tests.chat import Town, shipped_lexicon

HEADINGS = "工单号,诉求内容,小区,办结时限\n"
ROWS = (
    "T-1,幸福里小区3号楼的路灯坏了，晚上看不见路,幸福里小区3号楼,2026-03-03\n"
    "T-2,阳光花园的电梯一直有异响,阳光花园,\n"
    ",没有编号,幸福里小区,\n"
    "T-3,投诉社区工作人员态度差，办事推来推去,幸福里小区,\n"
)


@pytest.fixture
def house(store: Database, monkeypatch: pytest.MonkeyPatch) -> House:
    factories.town(store)
    monkeypatch.setattr(jobs, "_lexicon", shipped_lexicon)
    return House(store)


def bring(house: House, visitor: Visitor, text: str) -> None:
    file = (io.BytesIO((HEADINGS + text).encode()), "三月.csv")
    form = {"source": "12345", "file": file}
    assert visitor.post("/console/hotline", form).status_code == 302
    Queue(house.database, lambda: house.now).drain()


def number_of(house: House, number: str) -> int:
    with house.database.reading() as session:
        row = orders.numbered(session, "12345", number)
        assert row is not None
        return row.id


def order(house: House, number: str) -> HotlineOrder:
    with house.database.reading() as session:
        return session.get_one(HotlineOrder, number_of(house, number))


def test_orders_come_in_are_parted_given_back_and_told_of_once(house: House) -> None:
    Town(house.database, house.now).person("demo-resident-1").say(
        "幸福里小区3号楼的路灯坏了，晚上看不见路"
    )
    staff = house.signed_in("subdistrict_staff")
    bring(house, staff, ROWS)
    page = staff.get("/console/hotline").text
    assert "新收 2，并入已有工单 1" in page and "（并入已有工单）" in page
    assert "热线要求" in page and "我们要求" in page
    mend = re.search(r"/console/hotline/files/\d+\.xlsx", page)
    assert mend is not None
    assert "没有编号" in read_grid(staff.get(mend[0]).data)[1][1]
    assert house.signed_in("community_staff").get(mend[0]).status_code == 404

    path = f"/console/hotline/orders/{number_of(house, 'T-1')}"
    assert staff.post(path, {"act": "part"}).status_code == 302
    assert order(house, "T-1").joined_at is None
    assert staff.post(path, {"act": "part"}).status_code == 409
    lift = f"/console/hotline/orders/{number_of(house, 'T-2')}"
    assert staff.post(lift, {"act": "give_back", "reason": " "}).status_code == 422
    house.later(minutes=1)
    assert staff.post(lift, {"act": "give_back", "reason": "归区住建"}).status_code == 302

    assert '<strong class="number">1</strong> 件办完了' in staff.get("/console/hotline").text
    taken = staff.post("/console/hotline/results", {"form": "xlsx"})
    [_, row] = load_workbook(io.BytesIO(taken.data)).worksheets[0].iter_rows(values_only=True)
    assert row[0] == "T-2" and row[3:5] == ("退单", "归区住建")
    again = staff.post("/console/hotline/results", {"form": "csv"})
    assert again.text.count("\n") == 1
    day = {"which": "all", "from": "2026-03-03", "to": "2026-03-03", "form": "csv"}
    assert "T-2" in staff.post("/console/hotline/results", day).text
    assert staff.post("/console/hotline/results", {"from": "3月"}).status_code == 404


def test_the_page_of_a_ticket_tells_of_the_orders_of_its_matter(house: House) -> None:
    staff = house.signed_in("subdistrict_staff")
    bring(house, staff, ROWS + ROWS.replace("T-1", "T-9"))
    lamp = order(house, "T-1").ticket_id
    assert order(house, "T-9").ticket_id == lamp

    def panel() -> str:
        page = staff.get(f"/console/tickets/{lamp}").text
        return re.sub(r"<[^>]+>|\s+", "", page.split('id="hotline-title"')[1].split("</ul>")[0])

    assert "热线编号T-1" in panel() and "热线编号T-9" in panel()
    assert panel().count("并入这件") == 1 and panel().count("办结后交回热线") == 2
    assert panel().count("热线要求3月3日") == 2
    house.later(minutes=1)
    with house.database.writing() as session:
        ticket = session.get_one(Ticket, lamp)
        step = {"by": Actor(ticket.owner_id), "at": house.now}
        apply(session, ticket, Action.ACCEPT, **step)
        apply(session, ticket, Action.RESOLVE, reason="换了灯泡", outcome=Outcome.FIXED, **step)
    assert panel().count("结果还没交回热线") == 2
    staff.post("/console/hotline/results", {"form": "csv"})
    assert panel().count("结果已交回热线") == 2
    house.later(minutes=1)
    joined = f"/console/hotline/orders/{number_of(house, 'T-9')}"
    assert staff.post(joined, {"act": "give_back", "reason": "重复了"}).status_code == 302
    assert "已退回热线，原因还没交回" in panel()


def test_an_order_about_the_community_is_not_on_its_page(house: House) -> None:
    above, accused = house.signed_in("subdistrict_staff"), house.signed_in("community_staff")
    bring(house, above, ROWS)
    assert "T-3" in above.get("/console/hotline").text
    page = accused.get("/console/hotline").text
    assert "T-1" in page and "T-3" not in page
    hidden = f"/console/hotline/orders/{number_of(house, 'T-3')}"
    assert accused.post(hidden, {"act": "part"}).status_code == 404


def test_the_page_asks_few_statements_however_many_orders_there_are(house: House) -> None:
    staff = house.signed_in("subdistrict_staff")
    bring(house, staff, "".join(f"N-{one},第{one}件事路灯坏了,幸福里小区,\n" for one in range(25)))
    asked: list[str] = []
    event.listen(
        house.database.reader, "before_cursor_execute", lambda *told: asked.append(told[2])
    )
    page = staff.get("/console/hotline").text
    assert page.count('id="order-') == 20 and len(asked) <= 12
    further = re.search(r'rel="next" href="([^"]+)"', page)
    assert further is not None
    assert staff.get(further[1]).text.count('id="order-') == 5
