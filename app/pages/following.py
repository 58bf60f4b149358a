"""`/p/follow/<token>`: how far a matter is, for who holds its printed slip; no words, no place."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, current_app, render_template

from app.following import ticket_of
from models.base import Database
from models.tickets.table import Ticket


def add_routes(pages: Blueprint, database: Database, clock: Callable[[], datetime]) -> None:
    @pages.get("/follow/<token>")
    def follow(token: str) -> str:
        ticket_id = ticket_of(token, str(current_app.secret_key))
        with database.reading() as session:
            ticket = session.get(Ticket, ticket_id) if ticket_id else None
            if ticket is None:
                abort(404)
            return render_template("pages/follow.html", ticket=ticket, now=clock())
