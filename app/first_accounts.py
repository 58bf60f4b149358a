"""The accounts a house begins with: its first administrator, and in a trial the demo's staff."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from config.settings import Settings
from models import staff_accounts
from models.base import Database
from models.people import Identity, Person
from models.places import AreaKind, add_area, root_area_id
from models.posts import Post, Role, is_held
from models.sealing import new_own_key
from models.sign_ins import MAY_SIGN_IN
from models.staff_accounts import SHORTEST_PASSWORD, StaffAccount

DEMO = "demo-"
UNFIT = f"the password needs {SHORTEST_PASSWORD} characters or more and is not the name itself"


def make_first_administrator(database: Database, settings: Settings, now: datetime) -> bool:
    """From LINLI_CONSOLE_ADMIN, `name:password`, while nobody administers this house.

    Raises PasswordUnfit; an empty house gets its outermost area, to be renamed later.
    """
    name, _, password = settings.console_admin.partition(":")
    if not name:
        return False
    password_hash = staff_accounts.hash_password(password, name)
    with database.writing() as session:
        if _has_administrator(session):
            return False
        person = Person(name=name, own_key=new_own_key(), created_at=now)
        session.add(person)
        session.flush()
        area_id = _outermost(session)
        session.add(Post(person_id=person.id, role=Role.ADMIN, area_id=area_id, since=now))
        staff_accounts.keep(session, person.id, name, password_hash, now)
    return True


def make_demo_accounts(database: Database, now: datetime) -> str:
    """Every demo person with work at a desk signs in as demo-<role>-<n>; returns the password.

    It is new each time, and nobody's who has taken another name.
    """
    password = secrets.token_urlsafe(9)
    password_hash = staff_accounts.hash_password(password, DEMO)
    with database.writing() as session:
        rows = session.execute(
            select(Identity.openid, Identity.person_id)
            .join(Post, Post.person_id == Identity.person_id)
            .where(Identity.openid.startswith(DEMO), Post.role.in_(MAY_SIGN_IN), is_held(now))
            .distinct()
        ).all()
        for openid, person_id in rows:
            known = staff_accounts.of_person(session, person_id)
            if known is None or known.name == openid:
                staff_accounts.keep(session, person_id, openid, password_hash, now)
    return password


def _has_administrator(session: Session) -> bool:
    found = (
        select(StaffAccount.id)
        .join(Post, Post.person_id == StaffAccount.person_id)
        .where(Post.role == Role.ADMIN, ~StaffAccount.name.startswith(DEMO))
    )
    return session.scalar(found.limit(1)) is not None


def _outermost(session: Session) -> int:
    known = root_area_id(session)
    return known or add_area(session, AreaKind.DISTRICT, load("console")["outermost_area"]).id
