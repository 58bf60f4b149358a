"""The first page: say a problem, my matters, my building head; and larger letters."""

from flask import redirect, request

from app.pages.my.access import Gate, page
from app.pages.my.keys import A_YEAR, LARGE_COOKIE, PATH
from app.pages.my.rendering import Answer, inside, render
from app.pages.my.visit import Visit
from bots.handlers.building_heads import served_by
from config.policy import load
from models import homes
from models.posts import Role
from models.tickets import lists


@page("/")
def home(visit: Visit) -> Answer:
    person_id = visit.who.person_id
    with visit.reading() as session:
        waiting = lists.unrated_by(session, person_id)
        under_way = lists.open_reported_by(session, person_id)
    return render("home.html", unrated=len(waiting), under_way=len(under_way))


@page("/head")
def head(visit: Visit) -> Answer:
    """Who serves where they live. A neighbour's own number is not for the page, as in chat."""
    with visit.reading() as session:
        lived = [one.area_id for one in homes.homes_of(session, visit.who.person_id)]
        served = [served_by(session, one, visit.now) for one in dict.fromkeys(lived)]
    return render(
        "head.html",
        buildings=served,
        emergency=load("phones")["emergency"],
        head=Role.BUILDING_HEAD,
    )


@page("/letters", "POST", gate=Gate.ANYBODY)
def letters(visit: Visit) -> Answer:
    """Larger or as they were, kept in this browser; one reads on where one was."""
    response = redirect(inside(request.form.get("next")))
    large = request.form.get("size") == "large"
    response.set_cookie(
        LARGE_COOKIE, "1" if large else "0", max_age=A_YEAR, path=PATH, samesite="Lax"
    )
    return response
