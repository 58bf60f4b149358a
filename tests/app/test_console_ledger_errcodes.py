"""Errcodes counted for whoever keeps the accounts: what they mean, and nobody's words or name."""

from models.outbox import Channel, Delivery
from tests.app.test_console_ledger import kept
from tests.app.visitor import House
from tests.factories import building, demo_person, ticket


def test_an_administrator_reads_what_went_wrong_and_nothing_of_anybody(house: House) -> None:
    with house.database.writing() as session:
        one = ticket(session, building(session), house.now, text="楼上天天半夜打牌")
        head, resident = demo_person(session, "building_head"), one.reporter_id
        for who in (head, resident):
            kept(session, who, Delivery.FAILED, house.now, about=one, errcode=40164)
        kept(session, head, Delivery.FAILED, house.now, errcode=43004, channel=Channel.CUSTOM)
        kept(session, head, Delivery.SENT, house.now, errcode=0)
    admin = house.signed_in("admin")
    admin.confirm()
    text = admin.get("/console/messages/errcodes").text
    assert text.index("40164") < text.index("43004") and text.count('<li class="entry">') == 2
    assert '<span class="number">2</span> 条' in text and "IP 白名单" in text
    for hidden in ("打牌", "3号楼楼长", "居民A", "/console/tickets"):
        assert hidden not in text.split("<main", 1)[1]
    assert "微信错误码" in admin.get("/console/").text
    assert admin.get("/console/messages").status_code == 403
    house.later(days=40)
    staff = house.signed_in("community_staff")
    assert "没有错误码" in staff.get("/console/messages/errcodes").text
