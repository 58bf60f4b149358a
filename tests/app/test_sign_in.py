"""Signing in and out: who gets in, who learns what, and for how long."""

import re

import pyotp
import pytest
from sqlalchemy import select, update

from models import staff_accounts
from models.posts import Post
from models.sign_in_attempts import MOST_BY_NAME_AND_ADDRESS
from models.sign_ins import SignIn
from models.staff_accounts import StaffAccount
from tests.app.visitor import PASSWORD, House
from tests.factories import MORNING, demo_person


def test_who_is_not_signed_in_comes_to_the_door_and_then_where_they_wanted(house: House) -> None:
    visitor = house.visitor()
    answer = visitor.get("/console/account")
    assert answer.status_code == 302
    assert answer.location == "/console/sign-in?next=/console/account"
    answer = visitor.sign_in(house.account("community_staff"), next="/console/account")
    assert answer.location == "/console/account"
    assert "社区工作者" in visitor.get("/console/account").text


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(house: House) -> None:
    known = house.account("community_staff")
    wrong = house.visitor().sign_in(known, "not the password")
    unknown = house.visitor().sign_in("nobody", PASSWORD)
    assert wrong.status_code == unknown.status_code == 401

    def plain(text: str) -> str:
        text = re.sub(r"[\w.-]{60,}", "token", text)
        return text.replace(known, "name").replace("nobody", "name")

    assert plain(wrong.text) == plain(unknown.text)


def test_a_neighbour_with_a_password_has_no_desk(house: House) -> None:
    answer = house.visitor().sign_in(house.account("building_head"))
    assert answer.status_code == 401


def test_a_post_that_has_ended_signs_out_at_once(house: House) -> None:
    visitor = house.signed_in("community_staff")
    with house.database.writing() as session:
        who = demo_person(session, "community_staff")
        session.execute(update(Post).where(Post.person_id == who).values(until=MORNING))
    assert visitor.get("/console/").status_code == 302


def test_the_sixth_try_has_to_wait_also_with_the_right_password(house: House) -> None:
    name = house.account("community_staff")
    visitor = house.visitor()
    for _ in range(MOST_BY_NAME_AND_ADDRESS):
        assert visitor.sign_in(name, "wrong password").status_code == 401
    assert visitor.sign_in(name).status_code == 429
    elsewhere = house.visitor()
    elsewhere.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert elsewhere.sign_in(name).status_code == 302
    house.later(minutes=16)
    assert visitor.sign_in(name).status_code == 302


def test_names_that_do_not_exist_are_slowed_down_as_well(house: House) -> None:
    visitor = house.visitor()
    answers = [visitor.sign_in("nobody", "x").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_who_gets_in_after_mistyping_begins_anew(house: House) -> None:
    name = house.account("community_staff")
    for _ in range(2):
        visitor = house.visitor()
        for _ in range(MOST_BY_NAME_AND_ADDRESS - 1):
            visitor.sign_in(name, "wrong password")
        assert visitor.sign_in(name).status_code == 302


def test_two_idle_hours_end_it_and_so_does_a_working_day(house: House) -> None:
    visitor = house.signed_in("community_staff")
    for _ in range(11):
        house.later(minutes=65)
        assert visitor.get("/console/").status_code == 200
    house.later(minutes=65)
    assert visitor.get("/console/").status_code == 302
    visitor = house.signed_in("community_staff")
    house.later(minutes=121)
    assert visitor.get("/console/").status_code == 302


def test_signing_out_ends_it_also_for_a_stolen_cookie(house: House) -> None:
    visitor = house.signed_in("community_staff")
    cookie = visitor.client.get_cookie("linli_console", path="/console")
    assert cookie is not None
    assert visitor.post("/console/sign-out").status_code == 302
    thief = house.visitor()
    thief.client.set_cookie("linli_console", cookie.value, path="/console")
    assert thief.get("/console/").status_code == 302


def test_signing_in_does_not_go_on_with_the_session_of_before(house: House) -> None:
    visitor = house.visitor()
    visitor.get("/console/sign-in")
    before = visitor.token()
    visitor.sign_in(house.account("community_staff"))
    assert visitor.token() != before


def test_a_form_without_its_token_does_nothing(house: House) -> None:
    visitor = house.signed_in("community_staff")
    answer = visitor.client.post("/console/sign-out")
    assert answer.status_code == 400 and "请再提交一次" in answer.text
    assert visitor.get("/console/").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://example.org/",
        "//example.org/",
        "/console/\\example.org",
        "/wechat/main",
        "/console//x",
    ],
)
def test_the_door_leads_nowhere_else(house: House, wanted: str) -> None:
    answer = house.visitor().sign_in(house.account("community_staff"), next=wanted)
    assert answer.location == "/console/"


def test_every_answer_forbids_foreign_scripts_frames_and_copies(house: House) -> None:
    for answer in (house.visitor().get("/console/sign-in"), house.visitor().get("/console/")):
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "script-src 'self'" in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
    cookie = house.visitor().get("/console/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/console" in cookie


def test_the_token_lies_in_the_store_only_as_a_hash(house: House) -> None:
    visitor = house.signed_in("community_staff")
    with visitor.client.session_transaction(path="/console") as session:
        token = session["_user_id"]
    with house.database.reading() as store:
        row = store.scalars(select(SignIn)).one()
    assert token not in (row.token_hash, str(row.id))


def secret_of(house: House) -> str:
    with house.database.reading() as session:
        account = session.scalars(select(StaffAccount)).one()
    assert account.second_factor is not None
    return account.second_factor


def code_of(house: House) -> str:
    return pyotp.TOTP(secret_of(house)).at(house.now)


def test_an_administrator_needs_a_second_factor_each_time_and_each_code_counts_once(
    house: House,
) -> None:
    visitor = house.signed_in("admin")
    assert visitor.get("/console/").location.startswith("/console/second-factor")
    page = visitor.get("/console/second-factor")
    assert secret_of(house) in page.text and "data:image/svg" in page.text
    assert visitor.post("/console/second-factor", {"code": "000000"}).status_code == 401
    code = code_of(house)
    assert visitor.post("/console/second-factor", {"code": code}).status_code == 302
    assert visitor.get("/console/").status_code == 200
    again = house.signed_in("admin")
    page = again.get("/console/second-factor")
    assert secret_of(house) not in page.text
    assert again.post("/console/second-factor", {"code": code}).status_code == 401
    house.later(seconds=30)
    assert again.post("/console/second-factor", {"code": code_of(house)}).status_code == 302
    assert again.get("/console/").status_code == 200


def test_codes_can_not_be_guessed_at_speed(house: House) -> None:
    visitor = house.signed_in("admin")
    answers = [
        visitor.post("/console/second-factor", {"code": f"{n:06}"}).status_code for n in range(6)
    ]
    assert answers == [401] * 5 + [429]


def test_without_the_second_factor_no_other_page_opens(house: House) -> None:
    visitor = house.signed_in("admin")
    answer = visitor.client.post(
        "/console/account", data={"csrf_token": visitor.token(), "name": "x"}
    )
    assert answer.location.startswith("/console/second-factor")


def test_a_new_password_needs_the_old_one_and_ends_other_sign_ins(house: House) -> None:
    visitor, other = house.signed_in("community_staff"), house.signed_in("community_staff")
    form = {"name": "wang", "password": "a long new password", "again": "a long new password"}
    assert visitor.post("/console/account", {**form, "current": "wrong"}).status_code == 401
    differs = {**form, "current": PASSWORD, "again": "another"}
    assert visitor.post("/console/account", differs).status_code == 422
    short = {**form, "current": PASSWORD, "password": "short", "again": "short"}
    answer = visitor.post("/console/account", short)
    assert answer.status_code == 422 and "至少 10 个字" in answer.text
    assert visitor.post("/console/account", {**form, "current": PASSWORD}).status_code == 302
    assert visitor.get("/console/").status_code == 200
    assert other.get("/console/").status_code == 302
    assert house.visitor().sign_in("Wang ", "a long new password").status_code == 302


def test_a_name_that_somebody_has_is_refused(house: House) -> None:
    taken = house.account("grid_leader")
    visitor = house.signed_in("community_staff")
    form = {"name": taken, "password": "a long new password", "again": "a long new password"}
    answer = visitor.post("/console/account", {**form, "current": PASSWORD})
    assert answer.status_code == 409 and "有人用了" in answer.text


def test_everything_can_be_signed_out_at_once(house: House) -> None:
    visitor, other = house.signed_in("community_staff"), house.signed_in("community_staff")
    visitor.post("/console/account/sign-out")
    assert other.get("/console/").status_code == 302


def test_a_password_of_a_megabyte_costs_nothing(house: House) -> None:
    answer = house.visitor().sign_in(house.account("community_staff"), "x" * 300_000)
    assert answer.status_code == 401
    assert staff_accounts.matches("x" * 300_000, None) is False
