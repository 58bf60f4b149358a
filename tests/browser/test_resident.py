"""A resident on a phone: in by WeChat, report, follow, rate, object, take away, gone for good."""

import io
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask, request
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect
from werkzeug.serving import make_server

from app.console.blueprint import add_console
from app.pages.blueprint import make_pages
from app.pages.my import offline
from app.pages.my.blueprint import make_my
from app.sandbox import SandboxOptions
from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from config.settings import Settings
from models.base import Database
from tests import factories
from tests.app.test_my_pages import Street
from tests.app.test_pages import drafted, publish
from tests.browser.conftest import PATIENCE_MS, Quiet
from tests.browser.pace import A_CHARACTER, A_DECISION, A_PHOTO, Hand, Wire
from tests.browser.test_accessibility import AXE, GRAVE, SMALL_TARGETS, SMALL_TEXT, WIDE
from tests.chat import Town
from tests.tabs import PHONE

pytestmark = pytest.mark.browser

APP_ID, SECRET, WHO = "wxa1b2c3d4e5f60718", "official-secret", "demo-resident-1"
SAID = "三楼楼道有人拉飞线给电瓶车充电，晚上充一整夜"
NARROW: ViewportSize = {"width": 320, "height": 640}
LATER = "地下车库的灯坏了好几盏，晚上看不见路"
MOST_BYTES = 150_000
A_MINUTE, PAINT_SECONDS, SENDING_SECONDS = 60, 3, 10
SHIFTED, MOST_SHIFT = (
    """async () => {
  let sum = 0;
  const add = list => list.getEntries().forEach(one => { sum += one.value; });
  new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
  await new Promise(done => setTimeout(done, 50));
  return sum;
}""",
    0.1,
)
IS_SEEN = "async url => Boolean(await (await caches.open('linli-seen')).match(url))"
LEAST_PHOTO, REPORT = 30_000, "/p/my/report"
# What Chromium itself writes down while the phone has no net.
NO_NET = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")


@dataclass
class Block:
    """The pages under an address, with a platform beside them."""

    street: Street
    url: str
    platform: SandboxClient
    bodies: dict[str, int]  # bytes of the last that was posted to each address; Chromium tells none
    asked: Counter[str]  # how often each address was


@pytest.fixture
def block(database: Database, tmp_path: Path) -> Iterator[Block]:
    factories.town(database)
    town = Town(database, factories.MORNING)
    app = Flask(__name__, static_folder=None)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    options = SandboxOptions(APP_ID, SECRET, "push-token", f"{url}/wechat/main")
    with SandboxThread(options) as platform:
        settings = Settings(
            secret_key="for-tests",
            data_dir=tmp_path,
            base_url=url,
            wechat_api_base=platform.url,
            wechat_app_id=APP_ID,
            wechat_secret=SECRET,
        )
        app.secret_key = settings.secret_key
        office = add_console(app, database, settings, lambda: town.now)
        app.register_blueprint(make_pages(database, lambda: town.now, settings))
        app.register_blueprint(make_my(office))
        bodies: dict[str, int] = {}
        app.before_request(lambda: bodies.update({request.path: request.content_length or 0}))
        asked: Counter[str] = Counter()
        app.before_request(lambda: asked.update([f"{request.path} {request.method}"]))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield Block(Street(town, app), url, SandboxClient(platform.url), bodies, asked)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """What the browser complains of fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport=PHONE, has_touch=True)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert [one for one in trouble if not any(word in one for word in NO_NET)] == []


def a_photo() -> bytes:
    """With soft edges and few of them, as a phone takes a hallway."""
    file = io.BytesIO()
    rough = Image.effect_noise((160, 107), 90).convert("RGB")
    rough.resize((2400, 1600), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def flaws(page: Page) -> list[object]:
    """Of the page as a phone shows it."""
    page.evaluate(AXE)
    found = [page.evaluate(question) for question in (GRAVE, SMALL_TEXT, SMALL_TARGETS, WIDE)]
    return [one for one in found if one]


def come_in(page: Page, block: Block, who: str = WHO) -> None:
    block.platform.login_code(who)  # the platform knows them from now on
    page.goto(f"{block.url}/p/my/")
    page.get_by_role("link", name="用微信登录").click()
    page.get_by_role("link", name=who).click()
    expect(page.get_by_role("link", name="说一件事")).to_be_visible()


def test_a_resident_comes_in_reports_follows_rates_objects_takes_all_away_and_is_gone(
    page: Page, block: Block
) -> None:
    street = block.street
    publish(street.town.database, drafted(street.town.database))
    hand, photo = Hand(), a_photo()
    with hand.does(2 * A_DECISION):
        come_in(page, block)
    wrong: dict[str, object] = {"home": flaws(page)}

    with hand.does(A_DECISION):
        page.get_by_role("link", name="说一件事").click()
    with hand.does(A_DECISION + A_CHARACTER * len(SAID)):
        page.get_by_label("什么事").fill(SAID)
        expect(page.locator("#suggested")).to_contain_text("飞线充电")
    hand.reads(page.locator("#suggested").inner_text())
    with hand.does(A_DECISION + A_PHOTO):
        page.get_by_label("照片").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        expect(page.locator(".shots img")).to_have_count(1)
    wrong["report"] = flaws(page)
    with hand.does(A_DECISION):
        page.get_by_role("button", name="交上去").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    hand.reads(page.get_by_role("heading", level=1).inner_text())
    assert hand.seconds < A_MINUTE
    assert LEAST_PHOTO < block.bodies[REPORT] < len(photo) / 2, "made smaller on the phone"
    expect(page.locator(".shots img")).to_have_count(1)
    assert block.asked[f"{REPORT} POST"] == 1 and block.asked["/p/my/matters/1 GET"] == 1
    wrong["matter"] = flaws(page)

    page.get_by_label("还想说什么").fill("今晚还在充")
    page.context.set_offline(True)
    page.get_by_role("button", name="补充").click()
    expect(page.locator("#unsent")).to_contain_text("还没有交上")
    page.context.set_offline(False)
    page.get_by_role("button", name="补充").click()
    expect(page.locator(".steps")).to_contain_text("今晚还在充")
    expect(page.locator(".steps")).not_to_contain_text("处理中")
    street.resolve(1)
    page.get_by_role("link", name="我的事").click()
    page.get_by_role("link", name="等您打分").click()
    expect(page.locator(".steps")).to_contain_text("处理中")
    expect(page.locator(".facts")).to_contain_text("线已剪掉")
    wrong["rating"] = flaws(page)
    page.get_by_label("很满意", exact=True).check()
    page.locator("#rate").get_by_role("button", name="交上去").click()
    expect(page.get_by_role("status").first).to_contain_text("谢谢您的评价")
    assert street.ticket(1).stars == 5

    page.get_by_role("link", name="首页").click()
    page.get_by_role("link", name="公示和通知").click()
    page.get_by_role("link", name="可以提意见").click()
    page.get_by_label("您的意见").fill("停车费少算了一个月")
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_text("意见收到了")).to_be_visible()
    expect(page.locator(".rows .said")).to_have_text("停车费少算了一个月")
    for path in ("notices/1", "messages", "directory", "homes", "head", "privacy"):
        page.goto(f"{block.url}/p/my/{path}")
        wrong[path] = flaws(page)
    page.get_by_role("button", name="字大一点").click()
    page.set_viewport_size(NARROW)
    for path in ("", "report", "matters", "matters/1", "head", "privacy"):
        page.goto(f"{block.url}/p/my/{path}")
        assert [page.evaluate(one) for one in (SMALL_TARGETS, WIDE)] == [[], False], path
    page.set_viewport_size(PHONE)

    with page.expect_download() as taken:
        page.get_by_role("button", name="下载，可以看和打印").click()
    copy = Path(taken.value.path()).read_text("utf-8")
    assert all(words in copy for words in (SAID, "今晚还在充", "停车费少算了一个月", "很满意"))
    page.get_by_role("link", name="我要删除").click()
    wrong["erase"] = flaws(page)
    page.get_by_label("我想好了").check()
    page.get_by_role("button", name="删除我的资料").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("您的资料已删除")
    assert street.ticket(1).text is None
    wrong["erased"] = flaws(page)
    assert page.evaluate("localStorage.length") == 0
    page.goto(f"{block.url}/p/my/matters")
    expect(page.get_by_role("link", name="用微信登录")).to_be_visible()
    assert {name: found for name, found in wrong.items() if found} == {}


def test_without_a_net_the_form_and_the_directory_open_as_last_seen_and_for_their_person_alone(
    page: Page, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(page, block)
    for path in ("report", "directory"):
        page.wait_for_function(IS_SEEN, arg=f"{block.url}/p/my/{path}")
    page.goto(f"{block.url}/p/my/directory")
    page.get_by_role("link", name="充电").first.click()
    expect(page.locator(".entry").first).to_contain_text("充电")
    page.wait_for_function(IS_SEEN, arg=page.url)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("main > .notice")).to_contain_text("现在没有网。这一页是")
    expect(page.locator(".entry").first).to_contain_text("充电")
    assert flaws(page) == [], "with its styles"
    page.goto(f"{block.url}/p/my/matters")
    expect(page.get_by_role("heading", level=1)).to_have_text("现在没有网")
    assert flaws(page) == []
    for words in (SAID, LATER):
        page.get_by_role("link", name="说一件事").click()
        page.get_by_label("什么事").fill(words)
        page.get_by_label("别的地方").check()
        page.locator("select[name=estate]").select_option(index=1)
        page.locator("select[name=building]").select_option(label="3号楼")
        page.get_by_role("button", name="交上去").click()
        expect(page.locator("#unsent")).to_contain_text("连上网会自动发出")
        expect(page.get_by_label("什么事")).to_have_value("")
        page.goto(f"{block.url}/p/my/")
    page.context.set_offline(False)
    page.goto(f"{block.url}/p/my/")
    expect(page.locator("#unsent")).to_contain_text("发出去了 2 件")
    assert [block.street.ticket(number).text for number in (1, 2)] == [SAID, LATER]

    monkeypatch.setattr(offline, "LOOKS", offline.LOOKS[:-1])  # as with new styles
    before = page.evaluate("caches.keys()")
    page.reload()
    page.wait_for_function(
        "async before => (await caches.keys()).filter(one => before.includes(one)).length < 2",
        arg=before,
    )
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_function("async () => !await caches.has('linli-seen')")
    come_in(page, block, "demo-resident-2")
    page.context.set_offline(True)
    page.goto(f"{block.url}/p/my/matters")
    expect(page.get_by_role("heading", level=1)).to_have_text("现在没有网")


def test_what_can_not_be_taken_now_waits_and_what_never_can_is_the_persons_to_mend(
    page: Page, block: Block
) -> None:
    come_in(page, block)
    tell(page, block, SAID, b"no picture")
    page.get_by_label("不让办理的人知道").check()
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("有一个文件不是照片")
    expect(page.get_by_label("什么事")).to_have_value(SAID)
    page.context.set_offline(True)
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("连上网会自动发出")
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_contain_text("没有交上：有一个文件不是照片")
    page.get_by_role("link", name="改一改").click()
    expect(page.get_by_label("什么事")).to_have_value(SAID)
    expect(page.get_by_label("不让办理的人知道")).to_be_checked()
    page.reload()
    expect(page.locator("#unsent")).to_be_hidden()
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    assert block.street.ticket(1).hides_reporter

    tell(page, block, LATER, a_photo())
    page.context.clear_cookies()
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("登录以后会自动发出")
    page.get_by_role("link", name="去登录").click()
    come_in(page, block)
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #2")
    expect(page.locator(".shots img")).to_have_count(1)

    tell(page, block, "小区大门坏了，关不上")
    page.route(f"**{REPORT}", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("过一会儿会自动再发")
    page.unroute(f"**{REPORT}")
    page.goto(f"{block.url}/p/my/")
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #3")


def tell(page: Page, block: Block, words: str, photo: bytes | None = None) -> None:
    """The form filled in, not yet sent."""
    page.goto(f"{block.url}{REPORT}")
    page.get_by_label("什么事").fill(words)
    if photo is not None:
        page.get_by_label("照片").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        expect(page.locator(".shots img")).to_have_count(1)


def test_what_is_told_without_a_net_is_kept_and_sent_once_when_it_is_back(
    page: Page, block: Block
) -> None:
    come_in(page, block)
    page.get_by_role("link", name="说一件事").click()
    page.get_by_label("什么事").fill(LATER)
    for who, words in (("demo-resident-2", ""), (WHO, LATER)):  # a phone may be shared
        page.goto(f"{block.url}/p/my/")
        page.get_by_role("button", name="退出登录").click()
        come_in(page, block, who)
        page.goto(f"{block.url}/p/my/report")
        expect(page.get_by_label("什么事")).to_have_value(words)
    page.reload()
    expect(page.get_by_label("什么事")).to_have_value(LATER)
    page.context.set_offline(True)
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("连上网会自动发出")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    page.goto(f"{block.url}/p/my/matters")
    expect(page.locator(".rows li")).to_have_count(1)
    page.goto(f"{block.url}/p/my/report")
    expect(page.get_by_label("什么事")).to_have_value("")


def test_on_slow_3g_the_first_view_and_a_report_with_a_photo_come_in_time(
    page: Page, block: Block
) -> None:
    """Reckoned from what went over the wire, as it is without a proxy that compresses; what a
    phone keeps by a worker would come even sooner."""
    page.add_init_script("delete Navigator.prototype.serviceWorker")
    wire = Wire(page)
    with wire.slow():
        page.goto(f"{block.url}/p/my/")
        expect(page.get_by_role("link", name="用微信登录")).to_be_visible()
    assert wire.first_paint() < PAINT_SECONDS and wire.size < MOST_BYTES
    come_in(page, block)
    wire.forget()
    with wire.slow():
        page.reload()
        expect(page.get_by_role("link", name="说一件事")).to_be_visible()
    assert wire.first_paint() < PAINT_SECONDS and wire.size < MOST_BYTES
    assert page.evaluate(SHIFTED) < MOST_SHIFT
    page.goto(f"{block.url}/p/my/report")
    page.get_by_label("什么事").fill(SAID)
    page.get_by_label("照片").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    )
    expect(page.locator(".shots img")).to_have_count(1)
    with wire.slow():
        page.get_by_role("button", name="交上去").click()
        expect(page.get_by_role("button", name="正在交")).to_be_disabled()
        expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1", timeout=30_000)
        page.wait_for_load_state()
    assert block.bodies[REPORT] > LEAST_PHOTO
    assert wire.whole(block.bodies[REPORT]) < SENDING_SECONDS, (block.bodies, wire.came)


def test_a_report_needs_no_script(browser: Browser, block: Block) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    come_in(page, block)
    page.get_by_role("link", name="说一件事").click()
    page.get_by_label("什么事").fill(SAID)
    page.get_by_label("别的地方").check()
    page.locator("select[name=estate]").select_option(index=1)
    page.get_by_role("button", name="选好小区，再选楼").click()
    expect(page.get_by_label("什么事")).to_have_value(SAID)
    page.locator("select[name=building]").select_option(label="3号楼")
    page.get_by_label("照片").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    )
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    expect(page.locator(".shots img")).to_have_count(1)
    assert "3号楼" in (block.street.ticket(1).place_name or "")
    context.close()
