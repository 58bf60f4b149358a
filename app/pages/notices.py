"""`/p/notices`: what is published in an area, and each notice, masked, with versions and period."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from config.settings import public_link
from models.base import Database
from models.masking import masked
from models.notices import public
from models.notices.chain import link_of
from models.notices.table import Notice, kinds
from models.notices.telling import facts
from models.notices.versions import published, versions_of
from models.places import Area, root_area_id


def add_routes(pages: Blueprint, database: Database, clock: Callable[[], datetime]) -> None:
    @pages.get("/notices")
    def notice_list() -> str:
        """Of one area, or of all."""
        with database.reading() as session:
            area_id = request.args.get("area", type=int) or root_area_id(session)
            area = session.get(Area, area_id) if area_id else None
            if area is None:
                abort(404)
            before = request.args.get("before", type=int)
            found = public.listed(session, area.id, before, public.PAGE + 1)
            return render_template(
                "pages/notice_list.html",
                area=area,
                rows=[_line(one, name) for one, name in found[: public.PAGE]],
                next=found[public.PAGE - 1][0].id if len(found) > public.PAGE else None,
            )

    @pages.get("/notices/<int:number>")
    def notice(number: int) -> str:
        with database.reading() as session:
            found = published(session, number)
            if found is None:
                abort(404)
            return render_template("pages/notice.html", **_whole(session, found, clock()))


def _line(found: Notice, area: str) -> dict[str, Any]:
    return {
        "number": found.id,
        "title": masked(found.title),
        "kind": kinds()[found.kind]["label"],
        "area": area,
        "at": found.published_at,
        "version": found.version,
    }


def _whole(session: Session, found: Notice, now: datetime) -> dict[str, Any]:
    body = masked(found.body)
    return {
        "notice": facts(session, found),
        "area_id": found.area_id,
        "title": masked(found.title),
        "begin": " ".join(body.split())[:90],
        "paragraphs": body.splitlines(),
        "takes_objections": found.takes_objections(now),
        "counts": public.counts(session, found),
        "link": link_of(session, found.id),
        "address": public_link(f"/p/notices/{found.id}"),
        "versions": [
            {"number": one.id, "version": one.version, "at": one.published_at}
            for one in versions_of(session, found)
        ],
    }
