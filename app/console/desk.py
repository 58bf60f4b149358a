"""One request of the console: the store, the moment, and who asks."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.office import Office
from config.settings import Settings
from models import sign_ins
from models.people import Person
from models.places import Area
from models.posts import Post, Role, is_held
from models.sign_ins import MAY_SIGN_IN, NEEDS_SECOND_FACTOR, SignIn, Way


@dataclass(frozen=True, slots=True)
class HeldPost:
    """在任岗位 — as which somebody is signed in, and where."""

    role: Role
    area_id: int
    area_name: str
    department: str | None


@dataclass(frozen=True, slots=True)
class Staff(UserMixin):
    """登录人 — a member of staff in one browser, with the posts of this moment."""

    token: str
    sign_in_id: int
    person_id: int
    name: str
    posts: tuple[HeldPost, ...]
    is_confirmed: bool  # by the second factor, where one is needed
    way: Way

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(one.role for one in self.posts)

    def get_id(self) -> str:
        return self.token


@dataclass(frozen=True, slots=True)
class Desk:
    """工作台 — one request: views open the transactions they need from it."""

    office: Office
    now: datetime
    signed_in: Staff | None

    @property
    def staff(self) -> Staff:
        """Who asks; pages before the sign-in must not."""
        assert self.signed_in is not None
        return self.signed_in

    @property
    def settings(self) -> Settings:
        return self.office.settings

    def reading(self) -> AbstractContextManager[Session]:
        return self.office.database.reading()

    def writing(self) -> AbstractContextManager[Session]:
        return self.office.database.writing()


def staff_of(office: Office, token: str) -> Staff | None:
    """Who is signed in with this cookie; nobody once the time is over or the last post ended."""
    now = office.clock()
    with office.database.reading() as session:
        rows = session.execute(
            select(SignIn, Person.name, Post.role, Post.area_id, Area.name, Post.department)
            .join(Person, Person.id == SignIn.person_id)
            .join(Post, Post.person_id == SignIn.person_id)
            .join(Area, Area.id == Post.area_id)
            .where(sign_ins.is_current(token, now), Post.role.in_(MAY_SIGN_IN), is_held(now))
            .order_by(Post.id)
        ).all()
    if not rows:
        return None
    sign_in, name = rows[0][:2]
    posts = tuple(HeldPost(*row[2:]) for row in rows)
    if sign_in.seen_at <= now - sign_ins.SEEN_EVERY:
        with office.database.writing() as session:
            sign_ins.see(session, sign_in.id, now)
    is_confirmed = sign_in.confirmed_at is not None or not any(
        one.role in NEEDS_SECOND_FACTOR for one in posts
    )
    return Staff(token, sign_in.id, sign_in.person_id, name or "", posts, is_confirmed, sign_in.way)
