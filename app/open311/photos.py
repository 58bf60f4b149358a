"""Photos that come as parts of a request's form, drawn anew as all photos are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict

from app import uploads
from app.open311.refusals import Unusable
from config.policy import load
from config.settings import Settings
from jobs.pictures import Picture
from models import media
from models.open311.public import POLICY
from models.tickets.table import Ticket

PART = "media"  # as the clients of today name it; the standard knows an address only


def cleaned(files: MultiDict[str, FileStorage]) -> Sequence[Picture]:
    """Raises Unusable."""
    given = [one for one in files.getlist(PART) if one.filename]
    most = load(POLICY)["most"]["photos"]
    if set(files) - {PART} or len(given) > most:
        raise Unusable(f"photos come in parts called {PART}, {most} at most")
    try:
        return [uploads.fit(one.stream.read()) for one in given]
    except uploads.PhotoUnfit as wrong:
        raise Unusable(f"{PART} is no photo that can be read here") from wrong


def write(settings: Settings, shots: Sequence[Picture]) -> None:
    """Before the transaction: a file that no row names is swept."""
    for one in shots:
        uploads.write(settings, one)


def hand_in(session: Session, ticket_id: int, shots: Sequence[Picture], at: datetime) -> None:
    """For who works on it; no reading from outside shows them."""
    by = session.get_one(Ticket, ticket_id).reporter_id
    names = [uploads.enter(session, one, by=by, at=at) for one in shots]
    media.hand_in(session, by, names, ticket_id)
