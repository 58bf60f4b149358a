"""What is kept of a resident: shown, agreed to by purpose, taken away as a file, destroyed."""

import json
from dataclasses import replace
from typing import Any

from flask import Response, g, redirect, request, url_for
from sqlalchemy.orm import Session

from app.pages.my.access import page
from app.pages.my.keys import drop_sign_in
from app.pages.my.rendering import Answer, back_to, render
from app.pages.my.visit import Visit
from bots.handlers.consents import OFFERED
from bots.my_messages import all_worded
from models import erasure, own_data, privacy_consents
from models.errors import NotFound
from models.localtime import local
from models.privacy_consents import ConsentDoor, Purpose, Standing

SURE = "1"
FORMS = {"html": "text/html", "json": "application/json"}


@page("/privacy")
def privacy(visit: Visit) -> Answer:
    person_id = visit.who.person_id
    with visit.reading() as session:
        agreed = privacy_consents.agreed(session, person_id)
        return render(
            "privacy.html",
            kept=erasure.summary(session, person_id),
            consents=[agreed[one] for one in OFFERED],
            given=Standing.GIVEN,
            version=privacy_consents.version(),
        )


@page("/privacy/<any(give, withdraw):word>", "POST")
def consent_said(visit: Visit, word: str) -> Answer:
    purpose = next((one for one in OFFERED if one == request.form.get("purpose")), None)
    if purpose is None:
        raise NotFound(number="")
    with visit.writing() as session:
        SAID[word](session, visit, purpose)
    return back_to("privacy", f"consent_{word}")


@page("/privacy/copy/<any(html, json):form>", "POST")
def own_copy(visit: Visit, form: str) -> Answer:
    """As a file: to read and print, or for another system."""
    with visit.reading() as session:
        kept = own_data.copy_of(session, visit.who.person_id)
        sent = all_worded(session, visit.who.person_id)
        words = [
            {"at": local(one.at).isoformat(timespec="seconds"), "text": one.text} for one in sent
        ]
    copy: dict[str, Any] = kept | {"messages": words}
    body = WRITTEN[form](copy, visit)
    response = Response(body, content_type=f"{FORMS[form]}; charset=utf-8")
    name = f"linli-{local(visit.now).date()}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page("/privacy/erase")
def erase_asked(visit: Visit) -> Answer:
    return render("erase.html", has_posts=visit.who.has_posts)


@page("/privacy/erase", "POST")
def erased(visit: Visit) -> Answer:
    """Only by who has ticked that they are sure; without it they are asked again."""
    if request.form.get("sure") != SURE:
        return redirect(url_for("my.erase_asked"))
    with visit.writing() as session:
        erasure.erase(session, visit.who.person_id, visit.now)
    g.visit = replace(visit, token="", speaker=None)
    response = Response(render("erased.html"))
    drop_sign_in(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # drafts, and what was seen
    return response


def _give(session: Session, visit: Visit, purpose: Purpose) -> None:
    privacy_consents.give(
        session, visit.who.person_id, purpose, door=ConsentDoor.PAGE, at=visit.now
    )


def _withdraw(session: Session, visit: Visit, purpose: Purpose) -> None:
    who = visit.who
    privacy_consents.withdraw(
        session, who.person_id, purpose, door=ConsentDoor.PAGE, at=visit.now, account=who.account
    )


def _as_json(copy: dict[str, Any], visit: Visit) -> str:
    return json.dumps(copy, ensure_ascii=False, indent=1, default=str)


def _as_page(copy: dict[str, Any], visit: Visit) -> str:
    return render("copy.html", copy=copy, at=visit.now)


SAID = {"give": _give, "withdraw": _withdraw}
WRITTEN = {"html": _as_page, "json": _as_json}
