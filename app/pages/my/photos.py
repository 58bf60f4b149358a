"""Photos of a form: made fit to keep before any transaction, and shown to who sent them."""

from collections.abc import Iterable, Sequence

from flask import request, send_from_directory
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app import uploads
from app.house import media_folder
from app.pages.my.access import page
from app.pages.my.rendering import Answer
from app.pages.my.visit import Visit
from app.uploads import PhotoUnfit
from jobs.pictures import Picture
from models import media
from models.errors import NotFound
from models.media import Media, MediaState

MOST = 6

Shots = Sequence[Picture]


def cleaned(files: Iterable[FileStorage]) -> Shots:
    """A field that was left empty is no photo. Raises PhotoUnfit."""
    brought = [one for one in files if one.filename]
    if len(brought) > MOST:
        raise PhotoUnfit
    return [uploads.fit(one.read()) for one in brought]


def write(visit: Visit, shots: Shots) -> None:
    """Before the transaction."""
    for one in shots:
        uploads.write(visit.office.settings, one)


def upload(session: Session, visit: Visit, shots: Shots) -> list[str]:
    """Their names for the form."""
    return [uploads.enter(session, one, by=visit.who.person_id, at=visit.now) for one in shots]


def own_of(session: Session, person_id: int, *ticket_ids: int) -> Sequence[Media]:
    """Theirs alone: what a neighbour sent of the same matter is not for them."""
    return [one for one in media.photos_of(session, *ticket_ids) if one.person_id == person_id]


@page("/photos/<int:photo_id>")
def photo(visit: Visit, photo_id: int) -> Answer:
    with visit.reading() as session:
        found = session.scalars(
            select(Media).where(
                Media.id == photo_id,
                Media.person_id == visit.who.person_id,
                Media.state == MediaState.KEPT,
            )
        ).first()
        if found is None or found.sha256 is None:
            raise NotFound(number="")
        path = media.path_of if request.args.get("whole") == "1" else media.thumbnail_path_of
        kept = path(found.sha256)
    return send_from_directory(media_folder(visit.office.settings), kept, mimetype="image/jpeg")
