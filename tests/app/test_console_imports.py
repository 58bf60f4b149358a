"""Bringing a sheet in the console: told row by row, taken in whole, seen by its maker alone."""

import io
from collections.abc import Sequence

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from app.sheets import read_grid
from models.imports import trial
from models.imports.cells import CellUnfit, Problem, columns, read
from models.imports.table import ImportSheet, SheetState, drop_old
from models.imports.work import Line, Verdict
from models.places import Area, AreaKind
from models.posts import Role
from tests.app.visitor import House, Visitor
from tests.factories import building
from tests.statements import counted

HEADINGS = ("小区", "网格", "楼号", "户数", "备注")
GOOD = ("阳光花园", "幸福第三网格", "21", 40, "新楼")


@pytest.fixture
def community(house: House) -> Visitor:
    return house.signed_in("community_staff")


def excel(*rows: Sequence[object]) -> io.BytesIO:
    book, out = Workbook(), io.BytesIO()
    for row in (HEADINGS, *rows):
        book.active.append(row)
    book.save(out)
    out.seek(0)
    return out


def brought(visitor: Visitor, file: io.BytesIO, name: str = "楼栋.xlsx", kind: str = "buildings"):
    return visitor.post("/console/imports", {"kind": kind, "file": (file, name)})


def buildings(house: House) -> int:
    with house.database.reading() as session:
        counted = select(func.count()).where(Area.kind == AreaKind.BUILDING)
        return session.scalar(counted) or 0


def test_errors_are_told_by_row_and_column_and_the_mended_sheet_goes_in(
    house: House, community: Visitor
) -> None:
    before = buildings(house)
    bad = brought(community, excel(GOOD, ("没有的小区", "", "后面", "多", "")))
    assert bad.status_code == 302
    text = community.get(bad.location).text
    assert '有问题 <strong class="number">1</strong>' in text and "没有用到的列：备注" in text
    assert '<td class="number">3</td><td>楼号</td><td>只写编号，例如 3 或 3号楼。</td>' in text
    assert "<td>户数</td><td>要写整数。</td>" in text and "确定导入" not in text
    refused = community.post(bad.location + "/apply")
    assert refused.status_code == 422 and "全部没有导入" in refused.text
    assert "<td>户数</td><td>要写整数。</td>" in refused.text
    assert buildings(house) == before
    good = brought(community, excel(GOOD))
    assert "确定导入 1 行" in community.get(good.location).text and buildings(house) == before
    assert community.post(good.location + "/apply").status_code == 302
    assert "已导入：新增 1 行" in community.get(good.location).text
    assert community.post(good.location + "/apply").status_code == 409
    again = brought(community, excel(GOOD))
    assert "不用导入" in community.get(again.location).text
    assert community.post(again.location + "/drop").status_code == 302
    with house.database.reading() as session:
        assert building(session, 21, "阳光花园").households == 40
        sheets = session.scalars(select(ImportSheet)).all()
        assert [one.state for one in sheets] == ["waiting", "taken", "dropped"]
        assert [one.grid is None for one in sheets] == [False, True, True]
        assert [one.trial is None for one in sheets] == [False, True, True]


def test_a_long_sheet_is_tried_once_and_looked_at_in_a_few_statements(
    house: House, community: Visitor
) -> None:
    many = [("没有的小区", "", str(number), 8, "") for number in range(1, 150)]
    address = brought(community, excel(GOOD, *many)).location
    with counted(house.database) as said:
        text = community.get(address).text
    assert len(said) <= 12 and not any("SAVEPOINT" in one for one in said)
    assert '有问题 <strong class="number">149</strong>' in text


def test_a_trial_is_read_as_it_was_written_and_shows_no_more_than_a_person_reads() -> None:
    unfit = Problem("number", CellUnfit(why="too_long", most=60))
    lines = [Line(number, "甲", Verdict.REFUSED, (unfit,)) for number in range(250)]
    found = trial.trial_of([*lines, Line(250, "乙", Verdict.ADDED)], ["备注"])
    again = trial.read(trial.written(found))
    assert (again.rows, again.left, len(again.refused)) == (251, 50, 200)
    assert (again.counts, again.others, again.unused) == (found.counts, found.others, ("备注",))
    (problem,) = again.refused[0].problems
    assert (problem.column, problem.refusal.template) == ("number", "cell_unfit")
    assert problem.refusal.context == unfit.refusal.context


def test_a_sheet_is_its_makers_alone_and_is_forgotten_after_a_day(
    house: House, community: Visitor
) -> None:
    address = brought(community, excel(GOOD)).location
    other = house.signed_in("community_staff", 2)
    assert other.get(address).status_code == 404
    assert other.post(address + "/apply").status_code == 404
    house.later(hours=25)
    with house.database.writing() as session:
        assert drop_old(session, house.now) == 1
        sheet = session.scalars(select(ImportSheet)).one()
        assert (sheet.state, sheet.grid) == (SheetState.DROPPED, None)


def test_what_can_not_be_read_is_said_in_plain_words(house: House, community: Visitor) -> None:
    for data, words in (
        (b"", "请选一个文件"),
        (b"\xd0\xcf\x11\xe0", "另存为 .xlsx"),
        (b"PK\x03\x04", "文件打不开"),
        (b"\0\1\2", "只能读 Excel"),
        ("姓名\n甲\n".encode(), "表头不对，要有这几列：楼号"),
    ):
        answer = brought(community, io.BytesIO(data))
        assert answer.status_code == 422 and words in answer.text
    house.app.config["MAX_CONTENT_LENGTH"] = 2_000
    answer = brought(community, io.BytesIO(b"x" * 3_000))
    assert answer.status_code == 413 and "文件太大" in answer.text


def test_each_kind_is_for_who_keeps_that_roll(house: House, community: Visitor) -> None:
    admin = house.signed_in(Role.ADMIN)
    admin.confirm()
    assert 'value="residents"' not in admin.get("/console/imports").text
    assert brought(admin, excel(GOOD), kind="residents").status_code == 404
    assert brought(community, excel(GOOD), kind="anything").status_code == 404


@pytest.mark.parametrize("kind", ["areas", "buildings", "posts", "residents"])
def test_the_empty_sheet_has_the_headings_and_nothing_to_import(
    community: Visitor, kind: str
) -> None:
    data = community.get(f"/console/imports/template/{kind}.xlsx").data
    grid = read_grid(data)
    rows, unused = read(kind, grid)
    assert (rows, unused) == ([], [])
    assert len(grid[0][1]) == len(columns(kind))
    assert load_workbook(io.BytesIO(data)).sheetnames[1] == "填写说明"
