"""An A4 page under our hands: text at a place, a rule, a QR code; with the font embedded."""

from collections.abc import Iterable
from datetime import datetime

import segno
from fpdf import FPDF

from app.paper import lines
from app.paper.fonts import Font, chinese_font

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 18.0  # millimetres
INNER = WIDTH - 2 * MARGIN
FAMILY = "chinese"
POINT = 25.4 / 72  # millimetres
QUIET = 4  # modules of white around a QR code
INK, SOFT, PALE = (29, 36, 34), (87, 96, 92), (214, 219, 215)

Colour = tuple[int, int, int]


class Sheet:
    """纸 — pages of one document, drawn from the top."""

    def __init__(self, title: str, at: datetime, font: Font | None = None) -> None:
        font = font or chinese_font()
        self._pdf = FPDF(format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.set_title(title)
        self._pdf.set_lang("zh-CN")
        self._pdf.set_creation_date(at)
        self._advances: dict[tuple[str, str], float] = {}
        for style, path in (("", font.regular), ("B", font.bold)):
            self._pdf.add_font(FAMILY, style, path, collection_font_number=font.face)

    def turn(self) -> None:
        """A new page."""
        self._pdf.add_page()

    def width(self, text: str, size: float, weight: str = "") -> float:
        """The sum of its letters: Chinese is set without kerning."""
        return size * sum(self._advance(one, weight) for one in text)

    def _advance(self, letter: str, weight: str) -> float:
        """At one point; asked of the font once a letter."""
        found = self._advances.get((letter, weight))
        if found is None:
            self._pdf.set_font(FAMILY, weight, 1)
            found = self._advances[letter, weight] = self._pdf.get_string_width(letter)
        return found

    def lines(self, text: str, size: float, weight: str = "", width: float = INNER) -> list[str]:
        return list(lines.lines(text, width, lambda part: self.width(part, size, weight)))

    def balanced(self, text: str, size: float, weight: str = "") -> list[str]:
        """As few lines as there must be, of about the same length: for a heading."""
        found = self.lines(text, size, weight)
        for share in range(95, 45, -5):
            narrower = self.lines(text, size, weight, INNER * share / 100)
            if len(narrower) > len(found):
                break
            found = narrower
        return found

    def write(
        self,
        said: str,
        x: float,
        y: float,
        size: float,
        weight: str = "",
        colour: Colour = INK,
    ) -> None:
        """One line, its upper edge at y."""
        self._pdf.set_font(FAMILY, weight, size)
        self._pdf.set_text_color(*colour)
        self._pdf.text(x, y + size * POINT, said)

    def centre(self, said: str, y: float, size: float, weight: str = "") -> None:
        self.write(said, (WIDTH - self.width(said, size, weight)) / 2, y, size, weight)

    def rule(self, y: float, thickness: float = 0.4, colour: Colour = INK) -> None:
        self._pdf.set_fill_color(*colour)
        self._pdf.rect(MARGIN, y, INNER, thickness, style="F")

    def qr(self, address: str, x: float, y: float, side: float) -> None:
        """With its white border inside the square; dark modules of a row in one stroke."""
        rows = list(segno.make_qr(address, error="m").matrix_iter(border=QUIET))
        module = side / len(rows)
        self._pdf.set_fill_color(0, 0, 0)
        for number, row in enumerate(rows):
            for begin, length in _dark(row):
                self._pdf.rect(
                    x + begin * module, y + number * module, length * module, module, style="F"
                )

    def bytes(self) -> bytes:
        return bytes(self._pdf.output())


def _dark(row: Iterable[int]) -> list[tuple[int, int]]:
    """Where runs of dark modules begin, and how long they are."""
    runs: list[tuple[int, int]] = []
    for place, is_dark in enumerate(row):
        if not is_dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((place, 1))
    return runs
