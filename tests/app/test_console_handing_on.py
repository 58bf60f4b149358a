"""A matter is handed on to another house from its page: offered where it may be, said how far."""

from models.open311 import endpoints, referrals
from models.ticket_flow import Action
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About
from tests.app.visitor import House
from tests.factories import building, demo_person, ticket

WORDS = "这段路归隔壁街道管，已经转过去"


def test_who_owns_it_hands_it_on_once_and_what_accuses_somebody_is_not_offered(
    house: House,
) -> None:
    with house.database.writing() as session:
        staff = demo_person(session, "duty_desk")
        made, other = (
            ticket(session, building(session), house.now, category="not_estate", about=about)
            for about in (None, About.GRID)
        )
        apply(session, made, Action.ACCEPT, by=Actor(made.owner_id), at=house.now)
        owner, number, hidden = made.owner_id, made.id, other.id
    assert owner == staff
    visitor = house.signed_in("duty_desk")
    page = f"/console/tickets/{number}"
    assert "转外地平台" not in visitor.get(page).text
    with house.database.writing() as session:
        url = "https://next.example/open311/v2"
        codes = {"other": "9"}
        chosen = endpoints.add(session, "隔壁街道", url, "k", codes, at=house.now).id
    assert "不归我们，转到外地" in visitor.get(page).text
    assert "转外地平台" not in visitor.get(f"/console/tickets/{hidden}").text
    form = {"endpoint": str(chosen), "words": WORDS}
    for wrong in ({"endpoint": "x"}, {"endpoint": "999"}, {"words": ""}):
        answer = visitor.post(f"{page}/hand-on", form | wrong)
        assert answer.status_code in (404, 422), wrong
    assert visitor.post(f"{page}/hand-on", form).status_code == 302
    assert visitor.post(f"{page}/hand-on", form).status_code == 409
    said = visitor.get(page).text
    assert "正在转过去" in said and "不归我们，转到外地" not in said
    assert "转到外地平台，等对方收下" in said
    with house.database.reading() as session:
        [referral] = referrals.of_ticket(session, number)
        assert (referral.words, referral.asked_by) == (WORDS, owner)
