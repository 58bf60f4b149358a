"""A report on A4: tables whose heads stand on every page, charts as vectors, the font embedded."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis, WrapMode
from fpdf.fonts import FontFace

from app.paper.fonts import chinese_font
from app.paper.sheet import FAMILY, INK, INNER, MARGIN, SOFT
from app.reports.charts import bars, curves
from app.reports.document import Document, Look, Table
from models.reports.composing import Topic

BODY, SMALL, HEAD, TITLE = 9.5, 9.0, 13.0, 20.0
ROW = 6.4  # millimetres
FOOT = 15
WIDEST = 60  # of a column, before what is left is shared out
APART = 3
PALE = (230, 239, 236)
TABLE_HEAD_AND_ROWS = 4 * ROW


class _Paper(FPDF):
    """报告纸 — A4 with the report's name and the page at the foot."""

    def __init__(self, document: Document, at: datetime, words: Mapping[str, str]) -> None:
        super().__init__(format="A4")
        self._foot = f"{document.title} {document.days}"
        self._words = words
        font = chinese_font()
        for style, path in (("", font.regular), ("B", font.bold)):
            self.add_font(FAMILY, style, path, collection_font_number=font.face)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, MARGIN + 4)
        self.set_title(document.title)
        self.set_lang("zh-CN")
        self.set_creation_date(at)

    def footer(self) -> None:
        self.set_y(-FOOT)
        self.put(SMALL, SOFT)
        self.cell(INNER / 2, 5, self._foot)
        page = self._words["page"].format(self.page_no(), self.str_alias_nb_pages)
        self.cell(INNER / 2, 5, page, align="R")

    def put(self, size: float, colour: tuple[int, int, int] = INK, weight: str = "") -> None:
        self.set_font(FAMILY, weight, size)
        self.set_text_color(*colour)

    def line_of(self, said: str, size: float, weight: str = "") -> None:
        self.put(size, INK, weight)
        self.multi_cell(
            INNER, size * 0.55, said, new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR
        )


def printed(
    document: Document, topics: Sequence[Topic], at: datetime, words: Mapping[str, str]
) -> bytes:
    """FontMissing where the machine has no Chinese font."""
    paper = _Paper(document, at, words)
    paper.add_page()
    paper.line_of(document.title, TITLE, "B")
    paper.ln(2)
    paper.line_of(document.days, BODY + 1)
    if topics:
        said = words["list_mark"].join(f"{one.word} {len(one.tickets)}" for one in topics)
        _head(paper, words["topics"], 2 * ROW)
        paper.line_of(said, BODY + 1)
    for table in document.tables:
        _part(paper, table)
    paper.ln(4)
    for note in document.notes:
        paper.line_of(note, SMALL)
    return bytes(paper.output())


def _part(paper: _Paper, table: Table) -> None:
    draw = {Look.BARS: bars, Look.LINE: curves}.get(table.chart.look) if table.chart else None
    height = draw(None, table, 0, 0, INNER) if draw else 0
    _head(paper, table.title, height + TABLE_HEAD_AND_ROWS)
    if draw is not None:
        draw(paper, table, MARGIN + paper.c_margin, paper.get_y(), INNER)
        paper.set_y(paper.get_y() + height)
    _rows(paper, table)


def _head(paper: _Paper, title: str, needed: float) -> None:
    """Not alone at the foot of a page: with what stands below it."""
    paper.ln(5)
    if paper.will_page_break(needed + HEAD):
        paper.add_page()
    paper.line_of(title, HEAD, "B")
    paper.ln(1.5)


def _rows(paper: _Paper, table: Table) -> None:
    paper.put(BODY)
    paper.set_draw_color(*PALE)
    paper.set_line_width(0.2)
    paper.set_fill_color(255)  # rows take the colour that was used last, by a chart maybe
    heading = FontFace(emphasis=TextEmphasis.B, color=INK, fill_color=PALE)
    with paper.table(
        width=INNER,
        col_widths=_widths(paper, table),
        line_height=_row_height(paper, len(table.rows)),
        text_align=tuple("LEFT" if one else "RIGHT" for one in table.are_words()),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=heading,
        wrapmode=WrapMode.CHAR,
    ) as drawn:
        drawn.row(table.heads)
        for row in table.rows:
            drawn.row([cell.words for cell in row])


def _row_height(paper: _Paper, rows: int) -> float:
    """A little less where the last row would stand alone on the next page."""
    room = paper.page_break_trigger - paper.get_y()
    return (room - 0.1) / (rows + 1) if rows == int(room / ROW) else ROW


def _widths(paper: _Paper, table: Table) -> tuple[float, ...]:
    """As much as the longest words of each column ask for, and all of the page."""
    columns = zip(table.heads, *([cell.words for cell in row] for row in table.rows), strict=True)
    asked = [
        min(max(map(paper.get_string_width, column)) + 2 * paper.c_margin + APART, WIDEST)
        for column in columns
    ]
    spare = max(INNER - sum(asked), 0) / len(asked)
    return tuple(one + spare for one in asked)
