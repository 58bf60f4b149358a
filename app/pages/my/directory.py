"""What can be asked, charging stations among it: searched as in chat, or looked through by kind."""

from flask import request

from app.pages.my.access import page
from app.pages.my.rendering import Answer, render
from app.pages.my.visit import Visit
from bots import forms
from bots.handlers.directory import facts, searched
from models.directory import lists
from models.directory.table import kinds
from models.errors import NothingSaid

LONGEST = 60


@page("/directory")
def directory(visit: Visit) -> Answer:
    """Around the home; everywhere for who has none."""
    words = request.args.get("words", "").strip()[:LONGEST]
    wanted = request.args.get("kind")
    try:
        said = forms.heard(words, visit.office.lexicon(), visit.now) if words else None
    except NothingSaid:
        said = None
    home_id = visit.who.home_id
    with visit.reading() as session:
        there = (
            lists.around(session, home_id, visit.now)
            if home_id
            else lists.everywhere(session, visit.now)
        )
        held = {one.kind for one in there}
        if said is not None:
            chat = forms.chat_of(session, visit.identity(session), words, said, visit.now)
            found = searched(chat, said.text)
        else:
            found = [one for one in there if one.kind == wanted]
        return render(
            "directory.html",
            words=words,
            wanted=wanted if wanted in held else None,
            kinds=[(key, row["label"]) for key, row in kinds().items() if key in held],
            entries=[facts(session, one) for one in found],
            longest=LONGEST,
        )
