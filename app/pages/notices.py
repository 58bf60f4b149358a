"""`/p/notices/<number>`: one published notice, masked, with its versions and its period."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, render_template

from models.base import Database
from models.masking import masked
from models.notices.telling import facts
from models.notices.versions import published, versions_of


def add_routes(pages: Blueprint, database: Database, clock: Callable[[], datetime]) -> None:
    @pages.get("/notices/<int:number>")
    def notice(number: int) -> str:
        with database.reading() as session:
            found = published(session, number)
            if found is None:
                abort(404)
            versions = versions_of(session, found)
            return render_template(
                "pages/notice.html",
                notice=facts(session, found),
                title=masked(found.title),
                paragraphs=masked(found.body).splitlines(),
                takes_objections=found.takes_objections(clock()),
                versions=[
                    {"number": one.id, "version": one.version, "at": one.published_at}
                    for one in versions
                ],
            )
