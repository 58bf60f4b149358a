"""One day at the console on each store: what SQLite takes PostgreSQL takes as well."""

import re

import pytest

from models import sign_in_scans, sign_ins
from models.sign_in_scans import ScanState
from models.tickets import queue
from tests.app.visitor import House
from tests.factories import building, demo_person, ticket


def test_a_day_of_signing_in_looking_and_acting(
    either_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = either_house
    monkeypatch.setattr(queue, "PAGE", 2)
    with house.database.writing() as session:
        made = [ticket(session, building(session, n), house.now).id for n in (1, 2, 3, 4, 5)]
    wrong = house.visitor().sign_in(house.account("community_staff"), "wrong password")
    assert wrong.status_code == 401
    staff = house.signed_in("community_staff")
    assert staff.get("/console/").status_code == 200
    found, path = [], "/console/tickets"
    while path:
        page = staff.get(path).text
        found += [int(one) for one in re.findall(r'name="ids" value="(\d+)"', page)]
        further = re.search(r'rel="next" href="([^"]+)"', page)
        path = further[1].replace("&amp;", "&") if further else ""
    assert found == made
    saved = staff.post("/console/views", {"name": "急件", "query_urgency": "urgent"})
    assert saved.status_code == 302
    form = {"ids": [str(made[0])], "action": "suspend", "days": "2", "reason": "等件"}
    assert "1 件办好了" in staff.post("/console/tickets/at-once", form).text
    assert staff.get("/console/tickets?whistled=1&returned=1&q=吵").status_code == 200
    assert staff.post(f"/console/tickets/{made[1]}/reporter").status_code == 200
    assert staff.post(f"/console/tickets/{made[1]}/take-over").status_code == 302
    called = staff.post(f"/console/tickets/{made[2]}/whistle", {"departments": "fire"})
    assert called.status_code == 302
    for number in made:
        assert staff.get(f"/console/tickets/{number}").status_code == 200
    admin = house.signed_in("admin")
    admin.confirm()
    assert f"#{made[1]}" in admin.get("/console/access-log").text
    assert staff.post("/console/sign-out").status_code == 302


def test_a_scan_goes_its_way_once(either_house: House) -> None:
    house, now = either_house, either_house.now
    with house.database.writing() as session:
        who, other = (demo_person(session, "community_staff", n) for n in (1, 2))
        scan, secret = sign_in_scans.open_scan(session, "phone", now)
        assert sign_in_scans.take_up(session, secret, now) is None
        assert sign_in_scans.scanned(session, scan.scene, who, now) is not None
        assert sign_in_scans.scanned(session, scan.scene, other, now) is None
        assert sign_in_scans.confirm(session, scan.id, other, now) is None
        assert sign_in_scans.confirm(session, scan.id, who, now) is not None
        assert sign_in_scans.refuse(session, scan.id, who, now) is None
        assert sign_in_scans.take_up(session, secret, now) == who
        assert sign_in_scans.take_up(session, secret, now) is None
        used = sign_in_scans.of_browser(session, secret, now)
        assert used is not None and used.state == ScanState.USED
        token = sign_ins.begin(session, who, sign_ins.Way.SCAN, now)
        assert sign_ins.current(session, token, now) is not None
        assert sign_ins.current(session, token + "x", now) is None
