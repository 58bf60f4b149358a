"""Charts drawn on paper as vectors, from the numbers of their tables."""

from collections.abc import Sequence

from fpdf import FPDF

from app.paper.sheet import FAMILY, INK, SOFT, Colour
from app.reports.document import Table

COLOURS: Sequence[Colour] = ((20, 87, 79), (174, 187, 182))
LINES: Sequence[Colour] = ((20, 87, 79), (160, 43, 22))
GRID = (213, 217, 211)
SIZE = 8.5
LEGEND = 8.0  # millimetres
BAR, GAP, NAMES, NUMBERS = 3.4, 2.6, 34.0, 14.0
CURVE, FOOT, SIDE, DOT = 42.0, 8.0, 12.0, 0.9


def bars(paper: FPDF | None, table: Table, x: float, y: float, width: float) -> float:
    """A pair of bars a row, with its numbers; returns the height, also where nothing is drawn."""
    labels, series = table.labels(), table.series()
    step = BAR * len(series) + GAP
    if paper is not None:
        _legend(paper, [name for name, _ in series], COLOURS, x, y)
        most = max([value or 0 for _, values in series for value in values] + [1])
        room = width - NAMES - NUMBERS
        for number, label in enumerate(labels):
            top = y + LEGEND + number * step
            _text(paper, _cut(paper, label, NAMES - 3), x, top + BAR * len(series) / 2 + 1)
            for nth, (_, values) in enumerate(series):
                value = values[number] or 0
                at = top + nth * BAR
                paper.set_fill_color(*COLOURS[nth])
                paper.rect(x + NAMES, at, max(room * value / most, 0.3), BAR - 0.4, style="F")
                _text(paper, f"{value:g}", x + NAMES + room * value / most + 1.5, at + BAR - 0.8)
    return LEGEND + step * len(labels) + 3


def curves(paper: FPDF | None, table: Table, x: float, y: float, width: float) -> float:
    """A line a series over the days."""
    labels, series = table.labels(), table.series()
    if paper is not None:
        _legend(paper, [name for name, _ in series], LINES, x, y)
        most = max([value or 0 for _, values in series for value in values] + [1])
        top, room = y + LEGEND, width - 2 * SIDE
        step = room / max(len(labels) - 1, 1)
        _grid(paper, x, top, width, most)
        for number, label in enumerate(labels):
            if number % (len(labels) // 9 + 1) == 0:
                place = x + SIDE + number * step - paper.get_string_width(label) / 2
                _text(paper, label, place, top + CURVE + 5)
        for nth, (_, values) in enumerate(series):
            points = [
                (x + SIDE + number * step, top + CURVE * (1 - (value or 0) / most))
                for number, value in enumerate(values)
            ]
            paper.set_draw_color(*LINES[nth])
            paper.set_fill_color(*LINES[nth])
            paper.set_line_width(0.5)
            paper.polyline(points)
            for place, height in points:
                paper.circle(place, height, DOT, style="F")
    return LEGEND + CURVE + FOOT + 3


def _grid(paper: FPDF, x: float, top: float, width: float, most: float) -> None:
    paper.set_draw_color(*GRID)
    paper.set_line_width(0.2)
    for share in (0, 1):
        height = top + CURVE * (1 - share)
        paper.line(x + SIDE - 3, height, x + width - SIDE, height)
        _text(paper, f"{most * share:g}", x, height + 1)


def _legend(
    paper: FPDF, names: Sequence[str], colours: Sequence[Colour], x: float, y: float
) -> None:
    for name, colour in zip(names, colours, strict=False):
        paper.set_fill_color(*colour)
        paper.rect(x, y, 3, 3, style="F")
        _text(paper, name, x + 4.5, y + 2.8, INK)
        x += 9 + paper.get_string_width(name)


def _text(paper: FPDF, said: str, x: float, y: float, colour: Colour = SOFT) -> None:
    paper.set_font(FAMILY, "", SIZE)
    paper.set_text_color(*colour)
    paper.text(x, y, said)


def _cut(paper: FPDF, said: str, width: float) -> str:
    paper.set_font(FAMILY, "", SIZE)
    while len(said) > 1 and paper.get_string_width(said) > width:
        said = said[:-2] + "…"
    return said
