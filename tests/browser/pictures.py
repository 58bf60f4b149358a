"""Takes the pictures of the staff's handbook anew: `python -m tests.browser.pictures`."""

import io
import shutil
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from app.console import chapters
from config.settings import Settings
from jobs.digests import morning_digest
from models import registry
from models.base import Base, Database
from models.sealing import KEYRING
from tests import factories
from tests.app.test_console_digests import MORNING
from tests.app.test_pages import drafted, publish
from tests.app.visitor import House
from tests.browser.conftest import Quiet, Served, sign_in
from tests.chat import Town
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.factories import building, ticket

FOLDER = Path(chapters.__file__).parent / "static" / "handbook"
PICTURE = {"width": 390, "height": 600}
COLOURS = 48  # a page has few, and a picture stays under 60 KB

Step = Callable[[Page], None]


def press(words: str) -> Step:
    return lambda page: page.get_by_role("button", name=words).first.click()


def unfold(words: str) -> Step:
    return lambda page: page.locator("main summary", has_text=words).first.click()


def show(selector: str) -> Step:
    return lambda page: page.locator(selector).first.evaluate(
        "one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 12)"
    )


# Chapter → the page, and what is done there before the picture is taken.
SHOTS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "morning": ("/console/", ()),
    "dispatch": ("/console/tickets/1", (show(".acts"),)),
    "class": ("/console/tickets/1", (unfold("分错了，改类"), show(".evidence"))),
    "talk": ("/console/tickets/1", (press("接管聊天，直接和居民说"), show(".talk"))),
    "whistle": (
        "/console/tickets/1",
        (unfold("吹哨"), show("details[open] summary")),
    ),
    "emergency": ("/console/tickets", (show(".row.urgent"),)),
    "field": ("/console/hazards", ()),
    "notice": ("/console/notices", ()),
    "record": ("/console/record", ()),
    "import": ("/console/imports", ()),
    "people": ("/console/people", ()),
    "report": ("/console/digests", ()),
    "privacy": ("/console/tickets/1", (show("text=报事人"),)),
}


def fill(database: Database) -> House:
    """A town on an ordinary morning: something late, something at once, a notice in its window."""
    factories.town(database)
    house = House(database, now=MORNING, settings=Settings(secret_key="for-pictures"))
    town = Town(database, MORNING)
    town.person("demo-resident-1").say("3号楼三楼楼道有人拉飞线给电瓶车充电，晚上充一整夜")
    town.person("demo-resident-2").say("1号楼楼道里煤气味特别大，好像漏气了")
    with database.writing() as session:
        for number, text, hours in (
            (1, "楼上天天半夜打牌", -3),
            (2, "装修队周末也开工", 3),
            (5, "路灯坏了三天，晚上看不见路", 30),
        ):
            made = ticket(session, building(session, number), MORNING, text=text)
            made.resolve_due_at = MORNING + timedelta(hours=hours)
    publish(database, drafted(database))
    drafted(database, title="二季度物业收支")
    morning_digest(database, MORNING)
    return house


def take(page: Page, served: Served) -> None:
    sign_in(page, served)
    FOLDER.mkdir(exist_ok=True)
    for name, (path, steps) in SHOTS.items():
        page.goto(f"{served.url}{path}")
        for step in steps:
            step(page)
        picture = Image.open(io.BytesIO(page.screenshot()))
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(FOLDER / f"{name}.png", optimize=True)


def main() -> None:
    registry.load_tables()
    KEYRING.use({"1": bytes(32)})
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        database = Database(f"sqlite:///{folder}/linli.db")
        Base.metadata.create_all(database.writer)
        house = fill(database)
        server = make_server("127.0.0.1", 0, house.app, threaded=True, request_handler=Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(viewport=PICTURE)
        take(page, Served(house, f"http://127.0.0.1:{server.server_port}"))
        browser.close()
        server.shutdown()
        database.dispose()


if __name__ == "__main__":
    main()
