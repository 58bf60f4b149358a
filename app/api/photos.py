"""Photos, sent before the form that names them, and looked at by who sent them."""

from apiflask.fields import UploadFile
from flask import Response
from pydantic import ConfigDict
from sqlalchemy.orm import Session

from app import uploads
from app.api.routes import JPEG, Call, Work, acts, reads
from app.api.schemas import Given, PhotoName, Sent
from app.house import media_folder
from models import media
from models.media import path_of, thumbnail_path_of


class PhotoForm(Sent):
    """照片 — one picture, in the part `photo` of a form."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    photo: UploadFile


class PhotoOut(Given):
    photo: PhotoName
    width: int
    height: int


@acts(
    "/photos",
    takes=PhotoForm,
    takes_in="files",
    gives=PhotoOut,
    refuses=("photo_unfit",),
)
def send_photo(call: Call, form: PhotoForm) -> Work:
    """Send a photo; the name that comes back goes into the form it belongs to.

    It is drawn anew: where and with what it was taken is left out. Without a form it is kept for
    a day.
    """
    picture = uploads.fit(form.photo.stream.read())
    with call.office.database.reading() as session:
        media.require_room(session, call.who.person_id, call.now)
    uploads.write(call.office.settings, picture)

    def work(session: Session) -> PhotoOut:
        name = uploads.enter(session, picture, by=call.who.person_id, at=call.now)
        return PhotoOut(photo=name, width=picture.width, height=picture.height)

    return work


class PhotoQuery(Sent):
    """看照片 — small, as lists show it, unless the whole is asked for."""

    is_whole: bool = False


@reads("/photos/<photo>", gives=JPEG, query=PhotoQuery)
def show_photo(call: Call, photo: str, query: PhotoQuery) -> Work:
    """A photo of one's own."""

    def work(session: Session) -> Response:
        sha256 = media.own_photo(session, call.who.person_id, photo)
        path = path_of(sha256) if query.is_whole else thumbnail_path_of(sha256)
        content = (media_folder(call.office.settings) / path).read_bytes()
        return Response(content, content_type="image/jpeg")

    return work
