"""Rolls brought as sheets: what each row does, nothing half done, and twice is once."""

import time
from collections import Counter
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import Base, Database
from models.events import Event
from models.homes import Home, HomeState
from models.imports import running
from models.imports.cells import HeadingsMissing, columns, read
from models.imports.running import ImportRefused, TooManyRows
from models.imports.work import Line, Verdict
from models.outbox import OutboxMessage
from models.people import Person
from models.places import Area, AreaKind
from models.posts import Post, Role
from models.reference import ReferenceToken
from tests import factories
from tests.factories import MORNING, building, demo_person


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store)
    return store


def rows(kind: str, *texts: str) -> list:
    """Each text is a row: `heading=value` parted by blanks."""
    headings = [one["heading"] for one in columns(kind)]
    grid = [(1, headings)]
    for number, text in enumerate(texts, start=2):
        said = dict(part.split("=") for part in text.split())
        assert said.keys() <= set(headings)
        grid.append((number, [said.get(one, "") for one in headings]))
    return read(kind, grid)[0]


def taken(session: Session, kind: str, *texts: str, role: str = "community_staff") -> list[Line]:
    who = demo_person(session, role)
    return running.take_in(session, kind, rows(kind, *texts), who, MORNING)


def checked(session: Session, kind: str, *texts: str, role: str = "community_staff") -> list[Line]:
    who = demo_person(session, role)
    return running.check(session, kind, rows(kind, *texts), who, MORNING)


def verdicts(lines: Sequence[Line]) -> list[str]:
    return [one.verdict.value for one in lines]


def why(line: Line) -> list[object]:
    return [one.refusal.context.get("why", one.refusal.template) for one in line.problems]


def everything(session: Session) -> dict[str, int]:
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
        if table.name != ReferenceToken.__tablename__
    }


AREAS = (
    "类型=小区 名称=新苑小区 上级=幸福社区 别名=新苑、新苑花园",
    "类型=网格 名称=幸福第四网格 上级=幸福社区 网格类型=居民网格",
)
BUILDINGS = (
    "小区=新苑小区 网格=幸福第四网格 楼号=１号楼 户数=54 单元数=3",
    "小区=新苑 网格=幸福第四网格 楼号=02",
)
POSTS = (
    "姓名=新苑1号楼楼长 手机=１３８-0000-0009 岗位=楼长 地方=新苑小区 楼号=1",
    "姓名=第四网格网格长 岗位=网格长 地方=幸福第四网格 值班电话=0000-1000299 开始日期=2026年1月1日",
)
RESIDENTS = (
    "姓名=居民甲 手机=13800000011 小区=新苑小区 楼号=1 单元=2 房号=501",
    "姓名=居民乙 小区=新苑小区 楼号=2栋",
)
SHEETS = (("areas", AREAS), ("buildings", BUILDINGS), ("posts", POSTS), ("residents", RESIDENTS))


def test_a_neighbourhood_comes_in_by_four_sheets_and_a_second_time_changes_nothing(
    town: Database,
) -> None:
    with town.writing() as session:
        for kind, texts in SHEETS:
            assert verdicts(checked(session, kind, *texts)) == ["added"] * len(texts)
            assert verdicts(taken(session, kind, *texts)) == ["added"] * len(texts)
    with town.writing() as session:
        first = building(session, 1, "新苑小区")
        assert (first.name, first.households) == ("1号楼", 54)
        units = select(func.count()).where(Area.parent_id == first.id, Area.kind == AreaKind.UNIT)
        assert session.scalar(units) == 3
        head = session.scalars(select(Post).where(Post.area_id == first.id)).one()
        assert head.role == Role.BUILDING_HEAD
        home = session.scalars(select(Home).where(Home.area_id == first.id)).one()
        assert (home.room, home.state, home.is_usual) == ("2-501", HomeState.VERIFIED, True)
        assert session.get_one(Person, home.person_id).phone == "13800000011"
        before = everything(session)
        for kind, texts in SHEETS:
            assert verdicts(taken(session, kind, *texts)) == ["unchanged"] * len(texts)
        assert everything(session) == before


def test_a_trial_leaves_nothing_behind(database: Database) -> None:
    factories.town(database)
    with database.writing() as session:
        before = everything(session)
        for kind, texts in SHEETS[:1]:
            checked(session, kind, *texts)
        assert everything(session) == before


def test_one_bad_row_keeps_everything_out(town: Database) -> None:
    with town.writing() as session:
        before = everything(session)
        with pytest.raises(ImportRefused):
            taken(session, "areas", *AREAS, "类型=小区 名称=丙 上级=没有的社区")
        assert everything(session) == before


REFUSED = (
    ("areas", "类型=小区 名称=甲小区 上级=没有的社区", ["unknown_area"]),
    ("areas", "类型=小区 名称=甲小区 上级=和平社区", ["unknown_area"]),  # not hers
    ("areas", "类型=城市 名称=甲 上级=幸福社区", ["unknown"]),
    ("areas", "类型=楼栋 名称=甲 上级=幸福里小区", ["other_sheet"]),
    ("areas", "名称=甲 户数=很多", ["missing", "missing", "not_a_number"]),
    ("areas", "类型=网格 名称=甲网格 上级=幸福社区", ["area_unfit"]),
    ("buildings", "楼号=3", ["estate_or_grid"]),
    ("buildings", "小区=幸福里小区 网格=幸福第三网格 楼号=3", ["other_grid"]),
    ("buildings", "小区=幸福里小区 楼号=3号楼后面", ["not_a_building"]),
    ("posts", "姓名=甲 岗位=楼长 地方=幸福里小区 楼号=99", ["unknown_number"]),
    ("posts", "姓名=甲 岗位=楼长 地方=幸福里小区", ["post_unfit"]),
    ("posts", "姓名=甲 岗位=管理员 地方=幸福社区", ["not_yours"]),
    ("posts", "姓名=甲 手机=138 岗位=楼长 地方=幸福里小区 楼号=3", ["not_a_phone"]),
    ("posts", "姓名=甲 岗位=楼长 地方=幸福里小区 楼号=3 开始日期=昨天", ["not_a_day"]),
    ("residents", "姓名=甲 小区=和平家园 楼号=1", ["unknown_area"]),
)


def test_a_row_that_can_not_be_says_where_and_why(database: Database) -> None:
    factories.town(database)
    with database.writing() as session:
        for kind, text, reasons in REFUSED:
            (line,) = checked(session, kind, text)
            assert (line.verdict, line.number, why(line)) == (Verdict.REFUSED, 2, reasons), text


def test_a_phone_of_somebody_else_is_never_given_to_another(database: Database) -> None:
    factories.town(database)
    with database.writing() as session:
        taken(session, "residents", "姓名=居民甲 手机=13800000011 小区=幸福里小区 楼号=3")
        lines = checked(session, "residents", "姓名=居民丁 手机=13800000011 小区=幸福里小区 楼号=3")
        assert why(lines[0]) == ["other_name"]
        again = "姓名=居民甲 手机=13800000011 小区=幸福里小区 楼号=5"
        assert verdicts(taken(session, "residents", again)) == ["added"]
        homes = session.scalars(select(Home).where(Home.answered_at == MORNING)).all()
        of_one = [
            one for one in homes if one.answered_by == demo_person(session, "community_staff")
        ]
        assert Counter(one.is_usual for one in of_one) == {True: 1, False: 1}


def test_the_register_settles_a_claim_and_nobody_is_written_to(database: Database) -> None:
    factories.town(database)
    with database.writing() as session:
        before = session.scalar(select(func.count()).select_from(OutboxMessage))
        line = taken(session, "residents", "姓名=居民C 小区=幸福里小区 楼号=2")[0]
        assert line.verdict == Verdict.CHANGED
        claimed = select(func.count()).where(Home.state == HomeState.CLAIMED)
        assert session.scalar(claimed) == 0
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == before
        assert (
            session.scalars(select(Event.verb).order_by(Event.id.desc())).first() == "home_verified"
        )


def test_headings_may_stand_under_a_title_with_marks_and_others_are_named() -> None:
    grid = [(1, ["幸福社区住户", ""]), (3, ["序号", "姓名*", "小区（必填）", "楼号 *"])]
    found, unused = read("residents", [*grid, (4, ["1", "居民甲", "幸福里小区", "3"])])
    assert unused == ["序号"]
    assert found[0].cells == {"name": "居民甲", "estate": "幸福里小区", "number": "3"}
    with pytest.raises(HeadingsMissing):
        read("posts", [*grid, (4, ["1"])])


def test_a_long_sheet_is_refused_and_the_longest_one_is_quick(database: Database) -> None:
    factories.town(database)
    texts = [
        f"姓名=居民{n} 手机=139{n:08} 小区=幸福里小区 楼号={n % 8 + 1} 房号={n}"
        for n in range(2001)
    ]
    with database.writing() as session:
        with pytest.raises(TooManyRows):
            taken(session, "residents", *texts)
        found = rows("residents", *texts[:2000])
        began = time.process_time()
        who = demo_person(session, "community_staff")
        lines = running.take_in(session, "residents", found, who, MORNING)
        spent = time.process_time() - began
    assert Counter(verdicts(lines)) == {"added": 2000}
    assert spent < 2.4, spent  # others wait for the store meanwhile, and give up after 2.5 s
