"""The page of a notice for the notice board, as PDF."""

from typing import Any

from flask import Response

from app.console.access import page
from app.console.desk import Desk
from app.posters import poster, printed
from models.errors import NotFound
from models.notices.desk import notice_in, sight_of
from models.notices.table import Channel


@page("/notices/<int:number>/poster.pdf")
def notice_poster(desk: Desk, number: int) -> Any:
    """Drawn outside the transaction: letters take half a second."""
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        found = notice_in(session, sight, number)
        if Channel.POSTER not in found.channels:
            raise NotFound(number=found.number)
        drawn = poster(session, found, desk.now)
    inline = {"Content-Disposition": f'inline; filename="notice-{number}.pdf"'}
    return Response(printed(drawn), mimetype="application/pdf", headers=inline)
