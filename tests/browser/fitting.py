"""Whether a page fits the screen and the fingers it is made for, once it has loaded."""

from typing import Any

from playwright.sync_api import Page

HIGH = 44  # px, of what a thumb can hit
TARGETS = "main a, main button, main input:not([type=hidden])"
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_TOO_SMALL = """([targets, high]) => [...document.querySelectorAll(targets)]
  .filter(e => e.offsetParent).map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < high).map(([html]) => html)
"""


def sticks_out(page: Page) -> bool:
    """Whether anybody has to push it sideways."""
    page.wait_for_load_state()
    return bool(page.evaluate(_TOO_WIDE))


def too_small(page: Page, targets: str = TARGETS) -> Any:
    """The beginnings of what is too low to be hit."""
    page.wait_for_load_state()
    return page.evaluate(_TOO_SMALL, [targets, HIGH])
