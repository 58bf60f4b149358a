"""Sessions of residents: tokens that open doors for a while, are renewed, and end."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import erasure, resident_sessions, retention
from models.base import Database
from models.people import Identity
from models.resident_sessions import GRACE, Door, ResidentSession
from tests.factories import MORNING, person

SECOND = timedelta(seconds=1)


def test_a_token_opens_the_door_until_its_time_is_over(store: Database) -> None:
    with store.writing() as session:
        who = _identity(session)
        tokens = resident_sessions.open_session(session, who.id, Door.API, MORNING)
        row = session.scalars(select(ResidentSession)).one()
        kept = {str(value) for value in vars(row).values()}
        assert not kept & {tokens.access, tokens.refresh}
        assert _holder(session, tokens.access, MORNING) == who.id
        assert _holder(session, tokens.access, tokens.access_until - SECOND) == who.id
        assert _holder(session, tokens.access, tokens.access_until) is None
        assert _holder(session, tokens.refresh, MORNING) is None
        assert _holder(session, "", MORNING) is None
        on_page = resident_sessions.open_session(session, who.id, Door.PAGE, MORNING)
        assert on_page.access_until > tokens.access_until


def test_renewing_brings_other_tokens_and_ends_the_former(store: Database) -> None:
    with store.writing() as session:
        who = _identity(session)
        first = resident_sessions.open_session(session, who.id, Door.API, MORNING)
        late = first.access_until + SECOND
        second = resident_sessions.renew(session, first.refresh, late)
        assert second is not None
        assert _holder(session, second.access, late) == who.id
        assert _holder(session, first.access, late) is None
        assert resident_sessions.renew(session, second.access, late) is None
        assert resident_sessions.renew(session, second.refresh, second.refresh_until) is None


def test_an_answer_lost_on_the_way_can_be_asked_for_again_but_not_much_later(
    store: Database,
) -> None:
    with store.writing() as session:
        who = _identity(session)
        first = resident_sessions.open_session(session, who.id, Door.API, MORNING)
        lost = resident_sessions.renew(session, first.refresh, MORNING)
        again = resident_sessions.renew(session, first.refresh, MORNING + GRACE)
        assert lost is not None
        assert again is not None
        assert _holder(session, again.access, MORNING + GRACE) == who.id
        stolen = MORNING + GRACE + SECOND
        assert resident_sessions.renew(session, first.refresh, stolen) is None
        assert _holder(session, again.access, stolen) is None
        assert resident_sessions.renew(session, again.refresh, stolen) is None


def test_one_phone_is_signed_out_alone_and_all_when_the_person_is_erased(store: Database) -> None:
    with store.writing() as session:
        who = _identity(session)
        one = resident_sessions.open_session(session, who.id, Door.API, MORNING)
        other = resident_sessions.open_session(session, who.id, Door.PAGE, MORNING)
        resident_sessions.revoke(session, one.access, MORNING)
        assert _holder(session, one.access, MORNING) is None
        assert resident_sessions.renew(session, one.refresh, MORNING) is None
        assert _holder(session, other.access, MORNING) == who.id
        erasure.erase(session, who.person_id, MORNING)
        assert _holder(session, other.access, MORNING) is None
        assert resident_sessions.renew(session, other.refresh, MORNING) is None


def test_a_session_is_put_away_only_once_it_can_be_renewed_no_more(database: Database) -> None:
    with database.writing() as session:
        who = _identity(session)
        for _ in range(2):
            tokens = resident_sessions.open_session(session, who.id, Door.API, MORNING)
        kept, rows = retention.KINDS["phones"], select(ResidentSession.id)
        _, last = session.scalars(rows.order_by(ResidentSession.id)).all()
        over = tokens.refresh_until
        assert retention.put_away(session, kept, 0, last, over) == 0
        # The last row keeps its number from being given again.
        assert retention.put_away(session, kept, 0, last, over + SECOND) == 1
        assert session.scalars(rows).all() == [last]


def _holder(session: Session, token: str, at: datetime) -> int | None:
    found = resident_sessions.holder_of(session, token, at)
    return found.id if found else None


def _identity(session: Session, openid: str = "somebody") -> Identity:
    made = Identity(account="mini", openid=openid, person_id=person(session).id, created_at=MORNING)
    session.add(made)
    session.flush()
    return made
