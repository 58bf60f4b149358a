"""Results go back as they are: whoever reads the sheet finds every number, moment and word."""

import csv
import io
from datetime import UTC, datetime
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from app.hotline_sheets import row_of, write_results
from config.policy import load
from jobs.sheets import unguarded
from models.exports import ExportForm
from models.hotline.results import RETURNED, Result
from models.posts import Role
from models.ticket_flow import Outcome

# Excel keeps no control characters; line breaks, tabs and everything else it does.
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\n\t")
PLAIN = st.text(LETTERS, min_size=1, max_size=60)
LIKE_FORMULAS = st.builds(str.__add__, st.sampled_from("=+-@'"), PLAIN)
WORDS = (
    st.none() | PLAIN | LIKE_FORMULAS | st.sampled_from(["_x0041_", "'=1", "\n", "0", "http://x"])
)
MOMENTS = st.integers(1_577_836_800, 2_051_222_400).map(partial(datetime.fromtimestamp, tz=UTC))
NUMBERS = st.from_regex(r"[0-9A-Z][0-9A-Za-z\-]{0,30}", fullmatch=True)


@st.composite
def results(draw: st.DrawFn) -> Result:
    ended = draw(MOMENTS)
    return Result(
        id=1,
        source="12345",
        number=draw(NUMBERS),
        title=draw(WORDS),
        called_at=draw(MOMENTS),
        ticket_id=draw(st.integers(1, 10**9)),
        outcome=draw(st.sampled_from([*Outcome, RETURNED])),
        words=draw(WORDS),
        ended_at=ended,
        changed_at=ended,
        role=draw(st.none() | st.sampled_from(Role)),
        department=draw(st.none() | st.sampled_from(["police", "fire"])),
        is_solved=draw(st.none() | st.booleans()),
        stars=draw(st.none() | st.integers(1, 5)),
        rated_at=draw(st.none() | MOMENTS),
    )


def read(form: ExportForm, sheet: bytes) -> list[list[str | int | None]]:
    """With readers that are none of ours; in CSV an empty cell is all that "nothing" can be."""
    if form == ExportForm.EXCEL:
        book = load_workbook(io.BytesIO(sheet))
        rows = book.worksheets[0].iter_rows(min_row=2, values_only=True)
        return [[unescape(one) if isinstance(one, str) else one for one in row] for row in rows]
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"), newline="")))[1:]
    return [[unguarded(cell) or None for cell in row] for row in rows]


@settings(max_examples=25, deadline=None)
@given(st.lists(results(), min_size=1, max_size=4), st.sampled_from(ExportForm))
def test_a_sheet_of_results_says_all_that_was_put_in(told: list[Result], form: ExportForm) -> None:
    sheet = io.BytesIO()
    assert write_results(form, sheet, iter(told)) == [one.told for one in told]
    found = read(form, sheet.getvalue())
    as_text = str if form == ExportForm.CSV else lambda one: one
    assert found == [
        [None if one is None else as_text(one) for one in row_of(result)] for result in told
    ]
    headings = list(load("hotline")["result"]["heading"])
    for row, result in zip(found, told, strict=True):
        by_key = dict(zip(headings, row, strict=True))
        assert datetime.fromisoformat(str(by_key["ended_at"])) == result.ended_at
        assert by_key["number"] == result.number and by_key["words"] == result.words
        assert (by_key["is_solved"], by_key["stars"] is None) == (
            {True: "已解决", False: "未解决", None: None}[result.is_solved],
            result.stars is None,
        )
