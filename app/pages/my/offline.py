"""What lets a phone keep these pages: its worker, the page without a net, a fresh token."""

from flask import Response, jsonify, request, url_for

from app.pages.my.access import Gate, page
from app.pages.my.keys import COOKIE, NOBODY, PERSON, form_token
from app.pages.my.rendering import Answer, render
from app.pages.my.visit import Visit
from config.policy import load

LOOKS = ("pages.css", "my.css", "unsent.js", "my.js", "icon.svg")


@page("/worker.js", gate=Gate.ANYBODY)
def worker(visit: Visit) -> Answer:
    """It changes with the looks, so that phones take the new ones and drop the old."""
    looks = [url_for("pages.static", filename=name) for name in LOOKS]
    static = url_for("pages.static", filename="")
    script = render("worker.js", looks=looks, static=static, person=PERSON, nobody=NOBODY)
    response = Response(script, content_type="text/javascript; charset=utf-8")
    response.add_etag()
    return response.make_conditional(request)


@page("/offline", gate=Gate.ANYBODY)
def offline(visit: Visit) -> Answer:
    """The same for everybody, whoever asks."""
    return render("offline.html", who=None, emergency=load("phones")["emergency"])


@page("/form-token")
def own_token(visit: Visit) -> Answer:
    """For what waited on the phone, of this person alone."""
    token = form_token(request.cookies.get(COOKIE, ""))
    return jsonify(who=visit.who.identity_id, token=token)
