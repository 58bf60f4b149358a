"""Tabs of one Chromium, used by test after test: to open another takes half a second of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 860}


@dataclass
class Tab:
    """A page, and what the browser has complained of there."""

    page: Page
    trouble: list[str] = field(default_factory=list)

    def listen(self) -> None:
        note = self.trouble.append
        self.page.on("pageerror", lambda error: note(str(error)))
        self.page.on("console", lambda said: note(said.text) if said.type == "error" else None)


class Tabs:
    """One of each size."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._open: dict[int, Tab] = {}

    @contextmanager
    def tab(self, size: ViewportSize) -> Iterator[Tab]:
        """As a new one: empty, and nobody is signed in. Every server has an origin of its own."""
        one = self._open.get(size["width"]) or self._opened(size)
        one.page.set_viewport_size(size)
        one.page.emulate_media(media="null")
        one.trouble.clear()
        yield one
        one.page.goto("about:blank")
        one.page.context.clear_cookies()

    def _opened(self, size: ViewportSize) -> Tab:
        context = self._browser.new_context(viewport=size, has_touch=size == PHONE)
        one = self._open[size["width"]] = Tab(context.new_page())
        one.listen()
        return one
