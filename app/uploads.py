"""Photos that residents bring: made fit to keep, written, and entered under a name of their own."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.house import media_folder
from config.settings import Settings
from jobs.photos import write_files
from jobs.pictures import NotAPicture, Picture, clean
from models import media
from models.errors import DomainError


class PhotoUnfit(DomainError):
    """A file that is no picture, or one too many."""

    template = "photo_unfit"


def fit(content: bytes) -> Picture:
    """Drawn anew, without what it told of place and phone. Raises PhotoUnfit."""
    try:
        return clean(content)
    except NotAPicture as refused:
        raise PhotoUnfit from refused


def write(settings: Settings, picture: Picture) -> None:
    """Before the transaction: a file that no row names is swept."""
    write_files(media_folder(settings), picture)


def enter(session: Session, picture: Picture, *, by: int, at: datetime) -> str:
    """Its name for the form that it belongs to."""
    return media.upload(
        session,
        by,
        sha256=picture.sha256,
        size=len(picture.jpeg),
        width=picture.width,
        height=picture.height,
        now=at,
    )
