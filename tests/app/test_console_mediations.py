"""调解: kept by its mediator, read by nobody else but the posts of the rights table, erased."""

from datetime import timedelta

from sqlalchemy import inspect, select, text

from config.policy import load
from jobs import listings
from jobs.mediations import mediation_clock
from models.access_log import Access, Looked
from models.erasure import erase
from models.events import Event
from models.mediations import lists
from models.mediations.table import Mediation, MediationParty
from models.outbox import OutboxMessage
from models.people import Person
from models.sealing import KEYRING
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import area_named, demo_person

MATTER, AGREEMENT = "三楼空调外机滴水，两家吵了半年", "本周内移装外机，费用各一半"
PHONE = "13900000001"


def form(house: House, **more: object) -> dict[str, object]:
    with house.database.reading() as session:
        area = area_named(session, "幸福里小区").id
    return {
        "area": area,
        "held_at": "2026-03-03T09:30",
        "place": "社区调解室",
        "matter": MATTER,
        "agreement": AGREEMENT,
        "name": ["住户甲", "住户乙"],
        "phone": [PHONE, ""],
    } | more


def act(visitor: Visitor, action: str, **form: object) -> object:
    return visitor.post("/console/mediations/1", {"action": action, **form})


def test_a_record_from_its_keeping_to_its_follow_up(house: House) -> None:
    """Encrypted at rest, each look written down, no word in events, messages or lists."""
    mediator = house.signed_in("community_staff")
    alone = mediator.post("/console/mediations", form(house, name=["住户甲", ""], phone=["", ""]))
    assert alone.status_code == 422 and "至少两方" in alone.text and MATTER in alone.text
    odd = mediator.post("/console/mediations", form(house, phone=["12", ""]))
    assert odd.status_code == 422 and "电话号码不对" in odd.text and "住户乙" in odd.text
    kept = mediator.post("/console/mediations", form(house, agreement=""))
    assert kept.location.endswith("/console/mediations/1?done=keep")
    early = act(mediator, "end", outcome="agreed")
    assert early.status_code == 422 and "先写上达成的协议" in early.text
    assert act(mediator, "change", **form(house)).status_code == 302
    assert act(mediator, "plan", day="2026-03-10").status_code == 302
    assert act(mediator, "plan", day="2026-03-10").status_code == 422
    assert act(mediator, "end", outcome="agreed").status_code == 302
    assert act(mediator, "change", **form(house)).status_code == 409, "an ended one stays as it is"
    for name in ("", "/sheet"):
        page = mediator.get(f"/console/mediations/1{name}").text
        assert AGREEMENT in page and "住户甲" in page and PHONE in page
    listed = mediator.get("/console/mediations").text
    assert "达成协议" in listed and "2026-03-10 回访" in listed
    assert MATTER not in listed and "住户甲" not in listed
    for day in range(10):
        mediation_clock(house.database, house.now + timedelta(days=day, minutes=1))
    assert act(mediator, "follow_up", follow_up="1", words="外机已移").status_code == 302
    with house.database.reading() as session:
        raw = str(session.execute(text("SELECT * FROM mediations")).all())
        raw += str(session.execute(text("SELECT * FROM mediation_parties")).all())
        assert MATTER not in raw and "住户甲" not in raw and PHONE not in raw
        told = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template.startswith("mediation_"))
        ).all()
        assert len(told) == 3
        who = demo_person(session, "community_staff")
        assert {one.person_id for one in told} == {who}
        events = session.scalars(select(Event).where(Event.subject_kind == "mediation")).all()
        assert all(one.words is None for one in events)
        said = str([one.context for one in told]) + str([one.detail for one in events])
        assert "住户" not in said and "外机" not in said
        looks = session.scalars(select(Access).where(Access.what == Looked.MEDIATION)).all()
        assert len(looks) >= 2 and {(one.person_id, one.mediation_id) for one in looks} == {
            (who, 1)
        }


def test_nobody_reads_it_but_its_mediator_and_the_posts_of_the_rights_table(house: House) -> None:
    leader = house.signed_in("grid_leader")
    with house.database.reading() as session:
        grid = area_named(session, "幸福第一网格").id
    assert leader.post("/console/mediations", form(house, area=grid)).status_code == 302
    for role in ("community_staff", "grid_worker", "property_staff", "duty_desk"):
        visitor = house.signed_in(role)
        answers = [visitor.get(f"/console/mediations/{number}") for number in (1, 999)]
        assert answers[0].status_code == answers[1].status_code in (403, 404), role
        assert visitor.get("/console/mediations/1/sheet").status_code in (403, 404)
        assert act(visitor, "end", outcome="withdrawn").status_code in (403, 404)
    street = house.signed_in("subdistrict_staff")
    assert MATTER in street.get("/console/mediations/1").text
    assert act(street, "end", outcome="withdrawn").status_code == 403, "to read is not to write"
    assert "mediations" not in load("exports") and listings.find("mediations") is None
    with house.database.reading() as session:
        community = demo_person(session, "community_staff")
    assert act(street, "hand_over", mediator=str(community)).status_code == 302
    assert MATTER in house.signed_in("community_staff").get("/console/mediations/1").text
    assert leader.get("/console/mediations/1").status_code == 404
    assert queries_of(house.database, lambda: street.get("/console/mediations")) <= 12
    assert queries_of(house.database, lambda: street.get("/console/mediations/1")) <= 13


def test_nobody_mediates_or_reads_their_own_quarrel(house: House) -> None:
    with house.database.writing() as session:
        for role in ("community_staff", "subdistrict_staff"):
            person = session.get_one(Person, demo_person(session, role))
            person.phone = PHONE if role == "subdistrict_staff" else "13900000009"
            person.phone_hash = KEYRING.search_hash(person.phone)
    mediator = house.signed_in("community_staff")
    own = mediator.post("/console/mediations", form(house, phone=["13900000009", ""]))
    assert own.status_code == 422 and "您自己是当事人" in own.text
    assert mediator.post("/console/mediations", form(house)).status_code == 302
    assert house.signed_in("subdistrict_staff").get("/console/mediations/1").status_code == 404


def test_erasure_reaches_the_record_and_leaves_the_count(house: House) -> None:
    mediator = house.signed_in("community_staff")
    mediator.post("/console/mediations", form(house))
    with house.database.writing() as session:
        resident = session.get_one(Person, demo_person(session, "resident"))
        resident.phone, resident.phone_hash = PHONE, KEYRING.search_hash(PHONE)
        session.flush()
        erase(session, resident.id, house.now)
    with house.database.reading() as session:
        one = session.get_one(Mediation, 1)
        assert (one.place, one.matter, one.agreement) == (None, None, None)
        names = session.scalars(select(MediationParty.name).order_by(MediationParty.id)).all()
        assert names == [None, "住户乙"]
        who = demo_person(session, "community_staff")
        [counted] = lists.counted(session, who, house.now)
        assert (counted.month, counted.number) == ("2026-03", 1)
        area = area_named(session, "幸福社区").id
        day = house.now.date()
        assert lists.numbers_in(session, area, [(day, day)]) == [1]
    page = mediator.get("/console/mediations/1").text
    assert MATTER not in page and "已按当事人要求删除" in page
    columns = {one["name"] for one in inspect(house.database.reader).get_columns("mediations")}
    assert "ticket_id" not in columns, "the record stands apart from every ticket"
