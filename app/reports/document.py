"""What a report looks like whatever it is printed on: tables of cells, and a chart beside some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Form(StrEnum):
    """单元格式 — how a value is written."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    DECIMAL = "decimal"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Cell:
    """单元格 — a value, and the query of the list that it is the number of."""

    value: str | int | Fraction | None
    form: Form
    behind: Mapping[str, str] | None = None

    @property
    def number(self) -> float | None:
        """For sheets and charts."""
        if self.value is None or isinstance(self.value, str):
            return None
        return float(self.value)

    @property
    def words(self) -> str:
        """For paper, and for who reads no pictures."""
        if self.value is None:
            return "—"
        if isinstance(self.value, str) or self.form == Form.COUNT:
            return str(self.value)
        if self.form == Form.DECIMAL:
            return f"{float(self.value):.1f}"
        share = float(self.value)
        return f"{share:.1%}" if self.form == Form.SHARE else f"{share:+.1%}"


class Look(StrEnum):
    """图样 — bars for parts, a line for days."""

    BARS = "bars"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Chart:
    """图表 — some columns of a table, drawn over its first rows."""

    look: Look
    rows: int
    series: Sequence[tuple[str, int]]  # name, column


@dataclass(frozen=True, slots=True)
class Table:
    """表格 — a head for each column; the first cell of a row names it."""

    key: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    chart: Chart | None = None

    def are_words(self) -> list[bool]:
        """Of each column whether it holds words, which begin at its left edge."""
        return [
            all(one.form == Form.TEXT for one in column) for column in zip(*self.rows, strict=True)
        ]

    def labels(self) -> list[str]:
        """Of what the chart shows."""
        return [row[0].words for row in self.rows[: self.chart.rows]] if self.chart else []

    def series(self) -> list[tuple[str, list[float | None]]]:
        if self.chart is None:
            return []
        rows = self.rows[: self.chart.rows]
        return [(name, [row[at].number for row in rows]) for name, at in self.chart.series]


@dataclass(frozen=True, slots=True)
class Document:
    """报告文档 — title, days and tables."""

    title: str
    days: str
    tables: Sequence[Table]
    notes: Sequence[str]
