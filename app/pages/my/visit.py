"""One request of a resident: the store, the moment, and who asks."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.office import Office
from models import resident_sessions
from models.people import Identity
from models.speakers import Speaker, known_speaker


@dataclass(frozen=True, slots=True)
class Visit:
    """来访 — views open the transactions they need from it."""

    office: Office
    now: datetime
    token: str
    speaker: Speaker | None

    @property
    def who(self) -> Speaker:
        """Who asks; pages before the sign-in must not."""
        assert self.speaker is not None
        return self.speaker

    def reading(self) -> AbstractContextManager[Session]:
        return self.office.database.reading()

    def writing(self) -> AbstractContextManager[Session]:
        return self.office.database.writing()

    def identity(self, session: Session) -> Identity:
        return session.get_one(Identity, self.who.identity_id)


def visit_of(office: Office, token: str) -> Visit:
    """Somebody who is signed in by this cookie, or nobody."""
    now = office.clock()
    if not token:
        return Visit(office, now, "", None)
    with office.database.reading() as session:
        found = resident_sessions.holder_of(session, token, now)
        who = found and known_speaker(session, found.account, found.openid, now)
    return Visit(office, now, token if who else "", who)
