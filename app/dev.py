"""`/dev/`: what the sandbox asks of us in a trial. It exists only under `linli run`."""

from datetime import datetime

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import house
from config.policy import load
from jobs.clock import run_due_job
from jobs.schedule import load_schedule
from models.base import Database
from models.errors import NotFound
from models.homes import Home
from models.localtime import SHANGHAI
from models.people import Identity, Person
from models.places import Area, full_name
from models.posts import Post


def _moment(given: str | None) -> datetime:
    """Now, or what was asked for; without an offset it is the neighbourhood's time."""
    if not given:
        return house.now()
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as wrong:
        raise NotFound(f"{given} is no moment") from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _people(session: Session) -> list[dict[str, str | None]]:
    """The demo people, each once: with the first of their posts, else as a resident."""
    rows = session.execute(
        select(Identity.openid, Person.name, Post.role, func.coalesce(Post.area_id, Home.area_id))
        .join(Person, Person.id == Identity.person_id)
        .outerjoin(Post, Post.person_id == Person.id)
        .outerjoin(Home, Home.person_id == Person.id)
        .where(Identity.openid.startswith("demo-"))
        .order_by(Post.id.is_not(None), Identity.id, Post.id)
    )
    found: dict[str, dict[str, str | None]] = {}
    for openid, name, role, area_id in rows:
        key = role or "resident"
        found.setdefault(
            openid,
            {
                "openid": openid,
                "name": name,
                "role": key,
                "role_label": load("labels")["role"][key],
                "area": full_name(session, area_id) if area_id else None,
            },
        )
    return list(found.values())


def make_dev(database: Database) -> Blueprint:
    dev = Blueprint("dev", __name__, url_prefix="/dev")

    @dev.get("/people")
    def people() -> Response:
        with database.reading() as session:
            return jsonify(_people(session))

    @dev.get("/scenes")
    def scenes() -> Response:
        with database.reading() as session:
            rows = session.scalars(select(Area).where(Area.scene.is_not(None)).order_by(Area.id))
            return jsonify(
                [{"scene": one.scene, "label": full_name(session, one.id)} for one in rows]
            )

    @dev.get("/jobs")
    def jobs() -> Response:
        return jsonify(
            [{"name": name, "label": row.label} for name, row in load_schedule().items()]
        )

    @dev.post("/jobs/<name>")
    def run_job(name: str) -> Response:
        at = _moment((request.get_json(silent=True) or {}).get("at"))
        firing = run_due_job(database, name, at, house.now())
        return jsonify(job=name, at=at.isoformat(), status=firing.state, detail=firing.detail)

    return dev
