"""Who is writing: one query that tells everything the dialogue needs about an identity."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, String, and_, bindparam, exists, select, text
from sqlalchemy.orm import Session, aliased

from models import inbox, reference, rights
from models.base import SEEN, UtcDateTime
from models.conversations import Question
from models.homes import CURRENT, Home, HomeState
from models.inbox import InboxMessage, Letter, Overtaken, Received, check_not_erased
from models.insertion import Insertion
from models.outbox import OutboxMessage
from models.people import Identity, Person
from models.places import Area
from models.posts import Post
from models.sealing import new_own_key
from models.statements import Statement
from models.tickets import recent


class Speaker(NamedTuple):
    """说话人 — a person as one account knows them, with home and standing."""

    account: str
    # From here on in the order of the statement's columns.
    identity_id: int
    person_id: int
    name: str | None
    is_following: bool
    home_id: int | None  # of the building
    home_state: HomeState | None
    home_name: str | None
    estate_id: int | None
    estate_name: str | None
    community_id: int | None
    has_posts: bool
    has_questions: bool
    has_held: bool  # messages that waited for this person to write
    has_homes_beside: bool  # `home_id` is the usual one of several
    has_reported: bool  # lately
    opens_window: bool  # by what they write now
    is_new: bool = False

    @property
    def home_label(self) -> str | None:
        """幸福小区3号楼, or None without a home."""
        return f"{self.estate_name or ''}{self.home_name}" if self.home_name else None


_building, _estate, _beside = aliased(Area), aliased(Area), aliased(Home, name="beside")
_IS_USUAL = text(f"homes.{CURRENT} AND homes.is_usual")
_IS_BESIDE = text(f"beside.{CURRENT} AND NOT beside.is_usual")
_IS_OPEN = text("questions.closed_at IS NULL")
_IS_HELD = text("outbox.state = 'held'")
_account: BindParameter[str] = bindparam("account", String(), required=True)
_openid: BindParameter[str] = bindparam("openid", String(), required=True)
_row_of_message = select(InboxMessage.id).where(
    InboxMessage.account == _account,
    InboxMessage.openid == _openid,
    InboxMessage.message_key == bindparam("key", required=True),
)
_SPEAKER = Statement(
    select(
        Identity.id,
        Identity.person_id,
        Person.name,
        Identity.is_following,
        _building.id,
        Home.state,
        _building.name,
        _estate.id,
        _estate.name,
        _building.community_id,
        exists(select(Post.id).where(Post.person_id == Identity.person_id)),
        exists(
            select(Question.id).where(
                Question.person_id == Identity.person_id,
                _IS_OPEN,
                Question.expires_at > bindparam("now", type_=UtcDateTime(), required=True),
            )
        ),
        exists(select(OutboxMessage.id).where(OutboxMessage.person_id == Person.id, _IS_HELD)),
        exists(select(_beside.id).where(_beside.person_id == Person.id, _IS_BESIDE)),
        recent.has_reported(Person.id),
        rights.OPENS,
        reference.TOKEN,
        _row_of_message.scalar_subquery(),
    )
    .join(Person, Person.id == Identity.person_id)
    .outerjoin(Home, and_(Home.person_id == Person.id, _IS_USUAL))
    .outerjoin(_building, _building.id == Home.area_id)
    .outerjoin(_estate, _estate.id == _building.estate_id)
    .where(Identity.account == _account, Identity.openid == _openid),
    # What is new in the one is queued, never held. Of two deliveries in one transaction the second
    # is found to be a repeat as late as the rows of the other are written. Whose window is open
    # may be told so once more.
    need_not_see={"outbox", "inbox", "identities"},
)


_new_person = Insertion(Person.__table__, ("own_key", "created_at"))
_IDENTITY_KEY = ("account", "openid")
_new_identity = Insertion(
    Identity.__table__,
    (*_IDENTITY_KEY, "person_id", "created_at"),
    unique=_IDENTITY_KEY,
    taken=Overtaken,
)


def receive(session: Session, letter: Letter) -> Received:
    """As `inbox.receive`; who wrote is found with it, for the `speaker` that is asked for next."""
    found = _found(session, letter.account, letter.openid, letter.at, letter.key)
    if found is None:
        return inbox.receive(session, letter)
    who, inbox_id = found
    if inbox_id is None:
        session.info.setdefault(SEEN, {})[Speaker, letter.account, letter.openid] = who
        return inbox.received(session, letter, None)
    received = inbox.received(session, letter, inbox_id)
    reference.forget_token(session)  # it may have waited for the row: who they are is asked anew
    return received


def speaker(
    session: Session, account: str, openid: str, now: datetime, key: str | None = None
) -> Speaker:
    """Who this openid is; somebody who never wrote before becomes a person now.

    `key` is that of the message they wrote, if they did. Raises Overtaken when another process
    has just made a person of them, FromErased when they were erased with this very message.
    """
    seen = session.info.get(SEEN, {}).pop((Speaker, account, openid), None)
    known = seen or known_speaker(session, account, openid, now)
    if known is None and key is not None:
        check_not_erased(session, account, key)
    return known or _newcomer(session, account, openid, now)


def known_speaker(session: Session, account: str, openid: str, now: datetime) -> Speaker | None:
    """Who this openid is, or None for somebody who never wrote before."""
    found = _found(session, account, openid, now, None)
    return found[0] if found else None


def _found(
    session: Session, account: str, openid: str, now: datetime, key: str | None
) -> tuple[Speaker, int | None] | None:
    """Who this is, and the row of the message with that key."""
    row = _SPEAKER.first(
        session,
        account=account,
        openid=openid,
        now=now,
        since=recent.since(now),
        key=key,
        **rights.opening(now),
    )
    if row is None:
        return None
    *known, token, inbox_id = row
    reference.note_token(session, token)
    return Speaker(account, *known), inbox_id


def _newcomer(session: Session, account: str, openid: str, now: datetime) -> Speaker:
    person = {"own_key": new_own_key(), "created_at": now}
    identity = {"account": account, "openid": openid, "created_at": now}
    [person_id] = _new_person.run(session, [person])
    _new_identity.run(session, [identity | {"person_id": person_id}])
    found = known_speaker(session, account, openid, now)
    assert found is not None
    return found._replace(is_new=True)
