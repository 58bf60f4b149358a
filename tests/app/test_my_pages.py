"""The resident's own pages over real HTTP requests: in, report, follow, rate, and out for good."""

import base64
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.office import make_office
from app.pages.blueprint import make_pages
from app.pages.my import blueprint, notices
from app.pages.my.blueprint import make_my
from config.settings import Settings
from models import homes
from models.base import Database
from models.notices import lists
from models.notices.table import Objection
from models.ticket_flow import Action, Outcome, State
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests import factories
from tests.app.test_pages import drafted, publish
from tests.app.visitor import COMPILED
from tests.chat import Talker, Town
from tests.redis_server import redis_server
from tests.statements import counted

LINK = re.compile(r"/p/my/in/[\w-]+")
TOKEN = re.compile(r'name="csrf_token" value="(\w+)"')
SAID = "三楼楼道有人拉飞线给电瓶车充电，晚上充一整夜"


def a_photo() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (2000, 1200), "green").save(file, "JPEG")
    file.seek(0)
    return file


@dataclass
class Guest:
    """A browser without a screen, signed in as who asked the chat for the address."""

    client: FlaskClient
    talker: Talker

    def come_in(self) -> TestResponse:
        found = LINK.search(self.talker.say("网页"))
        assert found is not None
        return self.open(found[0])

    def open(self, address: str) -> TestResponse:
        """By the button of the page that stands there."""
        token = TOKEN.search(self.client.get(address).text)
        return self.client.post(address, data={"csrf_token": token[1] if token else ""})

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/p/my{path}")

    def post(self, path: str, follow: bool = True, **form: object) -> TestResponse:
        return self.client.post(
            f"/p/my{path}",
            data={"csrf_token": self.token(), **form},
            content_type="multipart/form-data",
            follow_redirects=follow,
        )

    def token(self) -> str:
        found = TOKEN.search(self.get("/report").text)
        assert found is not None
        return found[1]


@dataclass
class Street:
    """A town with its pages."""

    town: Town
    app: Flask

    def guest(self, openid: str = "demo-resident-1") -> Guest:
        guest = Guest(self.app.test_client(), self.town.person(openid))
        assert guest.come_in().status_code == 302
        return guest

    def ticket(self, number: int) -> Ticket:
        found: Ticket = self.town.look(lambda session: session.get_one(Ticket, number))
        return found

    def resolve(self, number: int) -> None:
        """By whoever owns it."""
        with self.town.database.writing() as session:
            ticket = session.get_one(Ticket, number)
            by = Actor(ticket.owner_id)
            for action in (Action.ACCEPT, Action.START):
                apply(session, ticket, action, by=by, at=self.town.now)
            done = {"reason": "线已剪掉", "outcome": Outcome.FIXED}
            apply(session, ticket, Action.RESOLVE, by=by, at=self.town.now, **done)


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    factories.town(database)
    settings = Settings(secret_key="for-tests", data_dir=tmp_path)
    return street_of(Town(database, factories.MORNING), settings)


def street_of(town: Town, settings: Settings) -> Street:
    """As one process serves it."""
    database = town.database
    app = Flask(__name__, static_folder=None)
    app.secret_key = settings.secret_key
    app.jinja_env.bytecode_cache = COMPILED
    office = replace(
        make_office(database, settings, lambda: town.now), lexicon=lambda: town.lexicon
    )
    app.register_blueprint(make_pages(database, lambda: town.now, settings))
    app.register_blueprint(make_my(office))
    return Street(town, app)


def test_a_report_with_photos_is_filed_once_and_followed_to_its_rating(street: Street) -> None:
    me = street.guest()
    home = re.search(r'name="place" value="(\d+)" checked', me.get("/report").text)
    assert home is not None, "the own home comes first"
    form = {"words": SAID, "place": home[1], "key": "k" * 32}
    for _ in range(2):  # the answer to the first was lost on the way
        page = me.post("/report", **form, photos=[(a_photo(), "a.jpg"), (a_photo(), "b.jpg")])
        assert page.status_code == 200 and "已受理 #1" in page.text
    assert "飞线充电" in page.text and "谁在办" in page.text and "办结" in page.text
    assert len(re.findall(r"/p/my/photos/\d+\?whole", page.text)) == 2
    with me.get("/photos/1") as shot:
        assert shot.mimetype == "image/jpeg" and "private" in shot.headers["Cache-Control"]
    assert street.ticket(1).area_id == int(home[1])
    assert me.get("/matters/2").status_code == 404, "and no second one"

    page = me.post("/matters/1/supplement", words="今晚还在充", photos=[(a_photo(), "c.jpg")])
    assert "补充好了" in page.text and "今晚还在充" in page.text
    assert "已经替您催了" in me.post("/matters/1/urge").text
    assert "催一下" not in me.get("/matters/1").text
    assert "今天已经催过" in me.post("/matters/1/urge").text
    street.resolve(1)
    page = me.get("/matters/1")
    assert "线已剪掉" in page.text and "办得怎么样" in page.text
    assert "等您打分" in me.get("/").text
    assert "已经重新办理" in me.post("/matters/1/rate", stars="0", words="线又接上了").text
    street.resolve(1)
    assert "谢谢您的评价" in me.post("/matters/1/rate", stars="5").text
    rated = street.ticket(1)
    assert (rated.reopens, rated.stars) == (1, 5)


def test_what_is_somebody_elses_does_not_exist_and_no_form_from_elsewhere_counts(
    street: Street,
) -> None:
    """Tried by id with each verb, by a neighbour who is signed in and by nobody."""
    me, other = street.guest(), street.guest("demo-resident-2")
    me.post("/report", words=SAID, key="k" * 32, photos=[(a_photo(), "a.jpg")])
    with street.town.database.reading() as session:
        home_id = homes.homes_of(session, me.talker.person_id)[0].id
    verbs = ("urge", "withdraw", "hide", "place", "reclassify", "join", "supplement", "rate")
    tries = [f"/matters/1/{verb}" for verb in verbs]
    tries += [f"/homes/{home_id}/{change}" for change in ("leave", "choose")]
    for path in tries:
        form = {"words": "是我的", "stars": "5", "class": "noise.renovation"}
        assert other.post(path, **form).status_code == 404, path
    for path in ("/matters/1", "/photos/1", "/notices/1"):
        assert other.get(path).status_code == 404, path
    assert SAID not in other.get("/matters").text + other.get("/messages").text

    for browser in (street.app.test_client(), me.client):
        forged = browser.post("/p/my/matters/1/withdraw", data={"csrf_token": other.token()})
        assert forged.status_code in (302, 400)
    stranger = street.app.test_client()
    for path in ("/matters/1", "/messages", "/privacy"):
        answer = stranger.get(f"/p/my{path}")
        assert answer.status_code == 302 and "/sign-in?next=" in answer.location
    assert street.ticket(1).state != State.WITHDRAWN


def test_notices_directory_and_messages_say_what_the_chat_says(street: Street) -> None:
    me = street.guest()
    publish(street.town.database, number := drafted(street.town.database))
    assert "可以提意见" in me.get("/notices").text
    assert "提意见" in me.get(f"/notices/{number}").text
    answer = me.post(f"/notices/{number}/object", words="停车费少算了一个月")
    assert "意见收到了" in answer.text and "停车费少算了一个月" in answer.text
    assert "请写几个字" in me.post(f"/notices/{number}/object", words=" ").text
    with street.town.database.reading() as session:
        assert lists.read_counts(session, [number]) == {number: 1}
        assert session.scalars(select(Objection.person_id)).all() == [me.talker.person_id]

    assert "充电" in me.get("/directory?words=哪里能给电动车充电").text
    assert "没有找到" in me.get("/directory?words=甲乙丙丁戊己").text
    me.talker.say(SAID)
    street.resolve(1)
    told = me.get("/messages").text
    assert "线已剪掉" in told and 'href="/p/my/matters/1"' in told
    assert "不能再改" in me.post("/matters/1/supplement", words="还有一句").text


def test_notices_go_on_page_by_page_to_the_first(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "PAGE", 2)
    for count in range(5):
        publish(street.town.database, drafted(street.town.database, title=f"收支{count}"))
    me, path, told = street.guest(), "/notices", ""
    for _ in range(3):
        text = me.get(path).text
        told += text
        on = re.search(r'href="/p/my(/notices\?before=\d+)"', text)
        path = on[1] if on else ""
    assert path == "" and re.findall(r"收支(\d)", told) == list("43210")
    assert me.get("/notices?before=2000000000").status_code == 404
    assert me.get(f"/notices?before={10**30}").status_code == 200
    public = street.app.test_client().get("/p/notices/1").text
    assert 'href="/p/my/notices/1"' in public


def test_a_home_is_claimed_and_left_and_its_head_is_told_of_without_a_private_number(
    street: Street,
) -> None:
    me = street.guest("o-newcomer-1")
    assert "登记住址" in me.get("/head").text
    with street.town.database.reading() as session:
        estate = factories.building(session, 3).estate_id
        building = factories.building(session, 3).id
    picking = me.post("/homes", place="other", estate=str(estate), pick="1")
    assert f'value="{building}"' in picking.text
    done = me.post("/homes", place="other", estate=str(estate), building=str(building), room="501")
    assert "等楼长核实" in done.text and "501" in done.text
    listed = me.get(f"/places/{estate}/building").json
    assert {"id": building, "name": "3号楼"} in (listed or [])
    page = me.get("/head").text
    assert "楼长" in page and "不公开私人电话" in page and "tel:119" in page
    with street.town.database.reading() as session:
        home_id = homes.homes_of(session, me.talker.person_id)[0].id
    assert "已经退出登记" in me.post(f"/homes/{home_id}/leave").text


def test_who_takes_their_data_away_and_is_erased_leaves_nothing_and_is_out(street: Street) -> None:
    me = street.guest()
    me.post("/report", words=SAID, key="k" * 32)
    assert "记下您同意了" in me.post("/privacy/give", purpose="care").text
    assert "不再这样用" in me.post("/privacy/withdraw", purpose="care").text
    kept = me.post("/privacy/copy/json")
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert kept.json and kept.json["tickets"][0]["text"] == SAID
    assert [one["is_given"] for one in kept.json["consents"]][-2:] == [True, False]
    copy = me.post("/privacy/copy/html").text
    assert f"内容：{SAID}" in copy and "；分类：电动车充电·飞线充电" in copy
    assert not re.findall(r"[a-z]+_[a-z]+：", copy)
    again = me.post("/privacy/erase", follow=False)
    assert again.status_code == 302 and street.ticket(1).text == SAID, "not without being sure"
    token = me.token()
    assert "已删除" in me.post("/privacy/erase", sure="1").text
    assert street.ticket(1).text is None
    assert me.get("/matters").status_code == 302
    assert me.client.post("/p/my/matters/1/urge", data={"csrf_token": token}).status_code == 302


def test_an_address_from_the_chat_is_used_by_a_tap_alone_and_signing_out_ends_it(
    street: Street,
) -> None:
    guest = Guest(street.app.test_client(), street.town.person("demo-resident-1"))
    found = LINK.search(guest.talker.say("网页"))
    assert found is not None
    for _ in range(2):
        assert guest.client.get(found[0]).status_code == 200, "a look does not use it up"
    forged = street.app.test_client()
    theirs = TOKEN.search(forged.get(found[0]).text)
    assert theirs is not None
    for form in ({}, {"csrf_token": theirs[1]}, {"csrf_token": "x" * 80}):
        sent = guest.client.post(found[0], data=form)  # by the form of another site
        assert sent.status_code == 400 and "再点一次" in sent.text
        assert guest.client.get_cookie("linli_page", path="/p/my") is None
    came = guest.open(found[0])
    cookie = came.headers["Set-Cookie"]
    assert all(one in came.headers.getlist("Set-Cookie")[-1] for one in ("HttpOnly", "SameSite"))
    assert "linli_page" in cookie or len(came.headers.getlist("Set-Cookie")) == 2
    assert Guest(street.app.test_client(), guest.talker).open(found[0]).status_code == 404
    page = guest.get("/")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    kept = guest.client.get_cookie("linli_page", path="/p/my")
    guest.post("/sign-out")
    assert kept is not None
    guest.client.set_cookie("linli_page", kept.value, path="/p/my")
    assert guest.get("/").status_code == 302


def test_what_can_not_be_sent_is_said_and_the_words_stay(street: Street) -> None:
    me = street.guest()
    page = me.post("/report", words="  ", key="k")
    assert page.status_code == 422 and "请先说是什么事" in page.text
    page = me.post("/report", words=SAID, key="k", photos=[(io.BytesIO(b"no picture"), "a.jpg")])
    assert page.status_code == 422 and SAID in page.text and "不是照片" in page.text
    page = me.post("/report", words=SAID, key="k", place="999999")
    assert page.status_code == 422 and SAID in page.text and "地方找不到了" in page.text
    assert "checked> 幸福里小区3号楼" in page.text, "the own home again"
    found = me.post("/suggestion", words=SAID).json
    assert found and "飞线" in found["label"]
    assert me.post("/suggestion", words="！").json == {"label": None, "words": []}
    here = {"size": "large", "next": "/p/my/directory?words=充电"}
    large = me.client.post("/p/my/letters", data=here, follow_redirects=True)
    assert '<html lang="zh-CN" class="large"' in large.text and "办事指南" in large.text
    assert me.client.post("/p/my/letters", data={"next": "//evil.example"}).location == "/p/my/"
    token = me.token()
    answers = {
        me.client.post("/p/my/matters/1/urge", data={"csrf_token": token}).status_code
        for _ in range(31)
    }
    assert answers == {404, 429}, "thirty steps a minute are enough for anybody"


@pytest.mark.redis
def test_one_address_is_counted_by_all_processes_together(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blueprint, "ADDRESS_PER_MINUTE", 3)
    with redis_server(tmp_path) as redis:
        settings = Settings(secret_key="for-tests", data_dir=tmp_path, redis_url=redis.url)
        here, there = (street_of(street.town, settings).app.test_client() for _ in range(2))
        asked = [one.get("/p/my/in/guessed").status_code for one in (here, here, there, there)]
    assert asked[:3] == asked[:1] * 3 and asked[0] != 429 and asked[3] == 429


def test_a_script_is_told_where_a_report_went_and_that_its_person_is_out(street: Street) -> None:
    me, by_script = street.guest(), {"Accept": "application/json"}
    own = me.client.get("/p/my/form-token", headers=by_script).json
    assert own is not None and me.get("/").headers["Linli-Person"] == str(own["who"])
    form = {"csrf_token": own["token"], "words": SAID, "key": "k" * 32}
    asked = [me.client.post("/p/my/report", data=form, headers=by_script) for _ in range(2)]
    assert {one.status_code for one in asked} == {201}
    assert (
        asked[0].json == asked[1].json
        and "已受理 #1" in me.client.get(asked[0].json["location"]).text
    )  # type: ignore[index]
    me.post("/sign-out")
    for sent in (
        me.client.post("/p/my/report", data=form, headers=by_script),
        me.client.get("/p/my/form-token", headers=by_script),
    ):
        assert sent.status_code == 401 and sent.headers["Linli-Person"] == "0"


def test_the_phone_keeps_what_the_pages_look_like_now_and_no_page_of_anybody(
    street: Street,
) -> None:
    me, nobody = street.guest(), street.app.test_client()
    page, worker = me.get("/"), nobody.get("/p/my/worker.js")
    looks = set(re.findall(r"/p/static/[\w.-]+\?v=\w+", page.text))
    assert looks and looks == set(re.findall(r"/p/static/[\w.-]+\?v=\w+", worker.text))
    assert worker.mimetype == "text/javascript" and "no-cache" in worker.headers["Cache-Control"]
    same = nobody.get("/p/my/worker.js", headers={"If-None-Match": worker.headers["ETag"]})
    assert same.status_code == 304
    assert me.get("/offline").text == nobody.get("/p/my/offline").text
    erased = me.post("/privacy/erase", sure="1")
    assert erased.headers["Linli-Person"] == "0" and "storage" in erased.headers["Clear-Site-Data"]


def test_no_page_asks_the_store_more_than_a_dozen_things(street: Street) -> None:
    me = street.guest()
    publish(street.town.database, number := drafted(street.town.database))
    for words in (SAID, "路灯坏了", "楼上半夜打牌吵"):
        me.post("/report", words=words, photos=[(a_photo(), "a.jpg")])
        street.town.later(hours=1)
    street.resolve(1)
    asked: dict[str, int] = {}
    lists_of = ("/", "/report", "/matters", "/notices", "/messages", "/directory", "/homes")
    singles = ("/matters/1", "/matters/2", f"/notices/{number}", "/head", "/privacy")
    for path in (*lists_of, *singles):
        with counted(street.town.database) as said:
            assert me.get(path).status_code == 200
        asked[path] = len(said)
    assert {path: many for path, many in asked.items() if many > 12} == {}


def test_a_neighbours_matter_is_offered_to_who_says_the_same_and_to_nobody_who_guesses(
    street: Street,
) -> None:
    me, other = street.guest(), street.guest("demo-resident-2")
    with street.town.database.reading() as session:
        place = str(factories.building(session, 3).id)
    me.post("/report", words=SAID, place=place, hidden="1")
    assert street.ticket(1).spot == "楼道"
    answer = other.post("/report", words="三楼楼道又有人拉飞线给电瓶车充电", place=place)
    assert "是同一件事吗" in answer.text and SAID not in answer.text
    offered = answer.text.partition("邻居也报了")[2].partition("</p>")[0]
    assert "幸福里小区3号楼" in offered and "楼道" not in offered  # of who hides
    sealed = re.search(r'name="received" value="([^"]+)"', answer.text)
    assert sealed is not None
    for guess in ("", sealed[1][:-2] + "xx"):
        assert other.post("/matters/2/join", received=guess).status_code == 404
    joined = other.post("/matters/2/join", received=sealed[1])
    assert "和 #1 是同一件，2 户同求" in joined.text and SAID not in joined.text
    assert "3号楼楼道" not in other.get("/matters/1").text
    street.resolve(1)
    course = other.get("/matters/2").text
    assert "线已剪掉" in course and "办得怎么样" in course
    assert "谢谢您的评价" in other.post("/matters/2/rate", stars="4").text


def test_a_matter_gets_its_place_and_class_hides_who_told_it_and_is_taken_back(
    street: Street,
) -> None:
    me = street.guest("o-newcomer-2")
    page = me.post("/report", words="路灯坏了好几天了")
    assert "在哪里？" in page.text and street.ticket(1).area_id is None
    with street.town.database.reading() as session:
        building = factories.building(session, 3)
        where = {"place": "other", "estate": building.estate_id, "building": building.id}
    assert "地点记下了" in me.post("/matters/1/place", **where).text
    assert "分类改好了" in me.post("/matters/1/reclassify", **{"class": "noise.renovation"}).text
    for wrong in ("noise.nothing", "nothing", "noise"):
        assert me.post("/matters/1/reclassify", **{"class": wrong}).status_code == 404
    assert "不会知道是您说的" in me.post("/matters/1/hide").text
    ticket = street.ticket(1)
    assert ticket.area_id == building.id and ticket.hides_reporter
    assert (ticket.category, ticket.subcategory) == ("noise", "renovation")
    assert "撤回了" in me.post("/matters/1/withdraw").text
    assert "不能再改" in me.post("/matters/1/urge").text
    assert "#1" not in me.get("/matters").text


def test_several_matters_of_one_message_become_tickets_by_one_tap_and_once(
    street: Street,
) -> None:
    me = street.guest()
    page = me.post("/report", words="3号楼电梯又坏了，另外5号楼楼道灯不亮", hidden="1")
    assert "这是 2 件事吗" in page.text
    assert "可能有" not in page.text, "the hint to staff is no word of theirs"
    assert me.post("/privacy/copy/json").json["notes"] == []  # type: ignore[index]
    sealed = re.search(r'name="received" value="([^"]+)"', page.text)
    assert sealed is not None
    assert "电梯".encode() not in base64.urlsafe_b64decode(sealed[1].split(".")[0] + "==")
    with street.town.database.writing() as session:  # by staff, meanwhile
        words = session.get_one(Ticket, 1).text
        session.get_one(Ticket, 1).text = "3号楼电梯又坏了，另外5号楼楼道灯不亮，另外垃圾没人收"
    late = me.post("/matters/1/split", received=sealed[1])
    assert late.status_code == 200 and "刚才有人改过" in late.text and "垃圾没人收" in late.text
    assert "件事吗" not in me.get(f"/matters/1?received={sealed[1]}").text
    with street.town.database.writing() as session:
        session.get_one(Ticket, 1).text = words
    for guess in ("", sealed[1][:-2] + "xx"):
        assert me.post("/matters/1/split", received=guess).status_code == 404
    other = street.guest("demo-resident-2")
    assert other.post("/matters/1/split", received=sealed[1]).status_code == 404
    for _ in range(2):  # a thumb that trembles
        page = me.post("/matters/1/split", received=sealed[1])
        assert "各办各的" in page.text and page.text.count('<li><a href="/p/my/matters/') == 2
    stayed, parted = street.ticket(1), street.ticket(2)
    assert (stayed.text, parted.text) == ("5号楼楼道灯不亮", "3号楼电梯又坏了")
    assert (stayed.category, parted.category) == ("facility", "elevator")
    assert stayed.area_id != parted.area_id and parted.hides_reporter
    assert "件事吗" not in me.get(f"/matters/1?received={sealed[1]}").text


def test_words_that_accuse_who_works_on_it_become_a_matter_past_them(street: Street) -> None:
    me = street.guest()
    me.post("/report", words=SAID)
    apart = me.post("/matters/1/supplement", words="网格员收了钱不管，我要投诉网格员")
    assert "单独立了这一件" in apart.text and "被反映的人看不到" in apart.text
    assert street.ticket(2).about is not None
    assert "网格员收了钱" not in me.get("/matters/1").text
