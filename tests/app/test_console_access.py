"""Routes × roles × areas: one table a person can read, and not one leak."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.console import access
from app.console.access import ADMIN, PAGES, PUBLICITY, ROUTES, SERVING, STAFF, WRITING, Open
from models import policies
from models.base import Database
from models.legacy.desk import staff_roles as legacy_staff
from models.people import Identity
from models.places import Area
from models.posts import PAID, Role
from models.projects.sides import staff_roles
from models.protection import SUPERVISING, accused_persons, may_see
from models.roster.rights import Right, roles_with
from models.sign_ins import MAY_SIGN_IN
from models.supervisions.sides import supervisors
from models.tickets.table import About, Ticket
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building, demo_person, ticket

# What a person reads: who opens what. A route that is missing here fails the walk below.
TABLE = {
    "nobody yet": {"sign_in", "sign_in_try", "scan", "scan_open", "scan_state"},
    "signed in": {"sign_out", "second_factor", "second_factor_try"},
    "staff": {
        *("home", "account", "account_keep", "account_sign_out"),
        *("handbook", "handbook_whole", "handbook_chapter"),
    },
    "serving": {
        *("queue", "at_once", "view_save", "view_drop", "ticket", "ticket_act", "ticket_class"),
        *("ticket_note", "ticket_reporter", "talk", "take_over", "answer", "hand_back", "photo"),
        *("whistle_sound", "whistle_end", "call_answer", "hand_on"),
    },
    "reading supervisions": {"supervisions", "supervision", "supervision_act"},
    "keeping mediations": {"mediation_new", "mediation_keep"},
    "reading mediations": {"mediations", "mediation", "mediation_act", "mediation_sheet"},
    "reading projects": {"projects", "project", "project_act", "project_photo"},
    "making projects": {"project_new", "project_make"},
    "asking supervisions": {"supervision_new", "supervision_draft", "supervision_ask"},
    "supervising": {"figures", "figures_list", "digests", "digest_list"},
    "looking at buildings": {"house_map"},
    "by invitation": {"invited", "invited_take"},
    "entering for others": {"record_form", "record", "slip"},
    "taking lists away": {"exports", "export_take", "export_file"},
    "entering leave": {"absences", "absence", "absence_enter", "absence_end"},
    "reading the rolls": {"areas", "people", "person", "person_phone"},
    "reading who lives where": {"person_matters", "home_answer"},
    "keeping the register": {"doubles", "double", "double_answer", "join_code", "person_tags"},
    "keeping areas": {"area_change", "area_add", "area_move"},
    "giving posts": {"area_post", "post_give", "post_end", "invite", "second_factor_reset"},
    "correcting a person": {"person_change"},
    "reports": {
        *("reports", "report", "report_topic", "report_excel", "report_pdf"),
        *("report_readers", "report_reader", "robot_add", "robot_end"),
    },
    "bringing sheets": {
        *("imports", "import_check", "import_shown", "import_apply", "import_drop"),
        "import_template",
    },
    "hotline orders": {
        *("hotline", "hotline_bring", "hotline_refused", "hotline_results", "hotline_act"),
    },
    "admin": {"access_log"},
    "keeping outside systems": {
        *("outside", "outside_register", "outside_system", "outside_act", "outside_resend"),
    },
    "message ledger": {
        *("messages", "message_act", "message_calls", "message_told"),
        *("message_groups", "message_group_act"),
    },
    "pushes nothing was made of": {"message_unworked", "message_unworked_act"},
    "reading job runs": {"jobs", "job_runs", "message_errcodes"},
    "running jobs": {"job_run"},
    "words": {"lexicon"},
    "unanswered": {
        *("unanswered", "unanswered_settled", "unanswered_reopen"),
        *("unanswered_group", "unanswered_answer", "unanswered_dismiss"),
    },
    "settings": {
        *("settings", "setting", "setting_look", "setting_publish"),
        *("setting_version", "setting_revert", "wording_list"),
    },
    "publicity": {
        *("notices", "notice", "notice_edit", "notice_text", "notice_act"),
        *("notice_poster", "notice_archive", "objection_answer"),
        *("publicity", "publicity_act"),
    },
    "writing notices": {"notice_new", "notice_draft"},
    "joint operations": {"operations", "operation", "operation_act", "operation_photo"},
    "planning operations": {"operation_new", "operation_plan"},
    "hazard ledger": {"hazards", "hazard", "hazard_act", "hazard_photo", "matchings"},
    "legacy problems": {"legacy_problems", "legacy", "legacy_act"},
    "opening legacy problems": {"legacy_new", "legacy_open"},
}
GATES = {
    "nobody yet": Open.ANYBODY,
    "signed in": Open.SIGNED_IN,
    "staff": STAFF,
    "serving": SERVING,
    "reading supervisions": PAID,
    "asking supervisions": supervisors(),
    "keeping mediations": roles_with(Right.MEDIATE),
    "reading mediations": access.MEDIATING,
    "reading projects": PAID,
    "making projects": staff_roles(),
    "supervising": SUPERVISING,
    "looking at buildings": SUPERVISING,
    "entering for others": roles_with(Right.RECORD),
    "taking lists away": STAFF,
    "entering leave": STAFF,
    "reading the rolls": roles_with(Right.STAFF),
    "by invitation": Open.ANYBODY,
    "reading who lives where": roles_with(Right.RESIDENTS),
    "keeping the register": roles_with(Right.REGISTER),
    "keeping areas": roles_with(Right.AREAS),
    "bringing sheets": access.BRINGING,
    "giving posts": roles_with(Right.POSTS),
    "correcting a person": roles_with(Right.POSTS) | roles_with(Right.REGISTER),
    "reports": SUPERVISING,
    "hotline orders": roles_with(Right.HOTLINE),
    "admin": ADMIN,
    "keeping outside systems": roles_with(Right.OUTSIDE),
    "message ledger": roles_with(Right.MESSAGES),
    "pushes nothing was made of": access.UNPLACED,
    "reading job runs": roles_with(Right.JOBS),
    "running jobs": roles_with(Right.RUN_JOBS),
    "words": policies.editors("lexicon", "house", "anywhere"),
    "unanswered": roles_with(Right.UNANSWERED),
    "settings": access.SETTING,
    "publicity": PUBLICITY,
    "writing notices": WRITING,
    "joint operations": SERVING,
    "planning operations": access.PLANNING,
    "hazard ledger": access.LEDGER,
    "legacy problems": SERVING,
    "opening legacy problems": legacy_staff(),
}
ROLES = sorted(MAY_SIGN_IN - {Role.ADMIN})
PLACES = ("幸福里小区", "阳光花园", "和平家园", "幸福社区", "和顺街道")


def rules(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Name, method and rule of every console route but the static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and rule.endpoint != "console.static":
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield rule.endpoint.removeprefix("console."), method, rule.rule


def test_every_route_has_its_row_in_the_table_and_no_row_is_left_over(house: House) -> None:
    told = {name: GATES[group] for group, names in TABLE.items() for name in names}
    assert ROUTES.items() <= told.items()
    mounted = {name for name, _, _ in rules(house.app)}
    assert mounted == set(PAGES) == set(ROUTES)


def filled_in(rule: str, number: int) -> str:
    return re.sub(r"<int:\w+>", str(number), rule)


def test_who_is_not_signed_in_gets_nothing_but_the_door(house: House) -> None:
    visitor = house.visitor()
    for name, method, rule in rules(house.app):
        if ROUTES[name] is Open.ANYBODY:
            continue
        path = filled_in(rule, 1)
        answer = visitor.get(path) if method == "GET" else visitor.post(path)
        assert answer.status_code == 302, name
        assert answer.location.startswith("/console/sign-in"), name


@pytest.mark.parametrize("role", [*ROLES, Role.ADMIN])
def test_each_role_opens_its_rows_and_no_other(house: House, role: Role) -> None:
    visitor = house.signed_in(role)
    if role == Role.ADMIN:
        visitor.confirm()
    leaving = {"sign_out", "account_sign_out", "account_keep"}
    for name, method, rule in rules(house.app):
        gate = ROUTES[name]
        if isinstance(gate, Open) or name in leaving:
            continue
        path = filled_in(rule, 99999)
        answer = visitor.get(path) if method == "GET" else visitor.post(path)
        if role in gate:
            assert answer.status_code in (200, 302, 404, 422), (name, answer.status_code)
        else:
            assert answer.status_code == 403, (name, answer.status_code)


@pytest.fixture
def matters(house: House) -> dict[int, tuple[About | None, str]]:
    """In each place one that is about nobody, and one about each body."""
    made = {}
    with house.database.writing() as session:
        for name in PLACES:
            area = area_named(session, name)
            for about in (None, *About):
                one = ticket(session, area, house.now, about=about, text=f"说的是{name}的事")
                made[one.id] = (about, name)
        for about in (None, *About):
            one = ticket(session, None, house.now, about=about, text="没说在哪里的事")
            made[one.id] = (about, "")
    house.later(minutes=5)
    return made


def seen_by(database: Database, who: int, now: object) -> set[int]:
    """By the rule that stands in models.protection, ticket by ticket."""
    with database.reading() as session:
        everything = session.scalars(select(Ticket)).all()
        return {one.id for one in everything if may_see(session, one, who, now)}  # type: ignore[arg-type]


def numbers_on(text: str) -> set[int]:
    return {int(found) for found in re.findall(r"/console/tickets/(\d+)", text)}


def listed(visitor: Visitor, **query: str) -> set[int]:
    """Every number on every page of the list."""
    path, found = "/console/tickets", set()
    answer = visitor.get(path, query_string=query)
    while True:
        assert answer.status_code == 200
        found |= numbers_on(answer.text)
        further = re.search(r'rel="next" href="([^"]+)"', answer.text)
        if further is None:
            return found
        answer = visitor.get(further[1].replace("&amp;", "&"))


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_or_takes_what_is_hidden_from_a_role(
    house: House, matters: dict[int, tuple[About | None, str]], role: Role
) -> None:
    with house.database.reading() as session:
        counts = session.scalars(
            select(Identity.openid).where(Identity.openid.startswith(f"demo-{role}-"))
        ).all()
    for count in range(1, min(len(counts), 2) + 1):
        visitor = house.signed_in(role, count)
        with house.database.reading() as session:
            who = demo_person(session, role, count)
        visible = seen_by(house.database, who, house.now)
        assert listed(visitor) == visible
        assert listed(visitor, q="事") == visible
        total = re.search(
            r'共 <strong class="number">(\d+)</strong>', visitor.get("/console/tickets").text
        )
        assert total is not None and int(total[1]) == len(visible)
        gone = visitor.get("/console/tickets/99999").text
        for number in matters:
            answer = visitor.get(f"/console/tickets/{number}")
            assert answer.status_code == (200 if number in visible else 404), number
            if number not in visible:
                assert plain(answer.text) == plain(gone)
                assert listed(visitor, q=f"#{number}") == set()


def plain(text: str, number: int | None = None) -> str:
    """A page without what differs each time: the token, and the number that was asked for."""
    text = re.sub(r"[\w.-]{60,}", "token", text)
    return re.sub(rf"(#|/){number}\b", "number", text) if number else text


ACTS = (
    ("act", {"action": "accept"}),
    ("act", {"action": "resolve", "reason": "好了"}),
    ("class", {"class": "noise.other"}),
    ("note", {"words": "看看"}),
    ("reporter", {}),
    ("take-over", {}),
    ("answer", {"words": "在吗"}),
    ("hand-back", {}),
    ("whistle", {"departments": "fire"}),
    ("whistle/end", {"action": "confirm"}),
    ("calls/1", {"action": "check_in"}),
    ("hand-on", {"endpoint": "1", "words": "转走"}),
)


@pytest.mark.parametrize(
    ("about", "role"),
    [
        (About.PROPERTY, "property_staff"),
        (About.COMMITTEE, "committee_member"),
        (About.GRID, "grid_worker"),
        (About.GRID, "grid_leader"),
        (About.COMMUNITY, "community_staff"),
    ],
)
def test_the_accused_get_the_same_answer_everywhere_as_for_a_number_nobody_has(
    house: House, about: About, role: str
) -> None:
    with house.database.writing() as session:
        number = ticket(session, building(session), house.now, about=about).id
        assert demo_person(session, role) in accused_persons(
            session, session.get_one(Ticket, number), house.now
        )
    visitor = house.signed_in(role)
    token = visitor.token()
    for path, form in ACTS:
        answers = [
            visitor.client.post(f"/console/tickets/{n}/{path}", data={"csrf_token": token, **form})
            for n in (number, 99999)
        ]
        assert [one.status_code for one in answers] == [404, 404], path
        assert plain(answers[0].text) == plain(answers[1].text), path
    at_once = visitor.post("/console/tickets/at-once", {"ids": str(number), "action": "accept"})
    nobody = visitor.post("/console/tickets/at-once", {"ids": "99999", "action": "accept"})
    assert plain(at_once.text, number) == plain(nobody.text, 99999)
    assert visitor.get(f"/console/tickets/{number}/talk").status_code == 404
    with house.database.reading() as session:
        untouched = session.get_one(Ticket, number)
        assert untouched.accepted_at is None and untouched.category == "noise"


def test_the_house_has_areas_on_both_sides(house: House) -> None:
    """The walk above means nothing if every place lay inside every desk's."""
    with house.database.reading() as session:
        names = set(session.scalars(select(Area.name)))
    assert set(PLACES) <= names
