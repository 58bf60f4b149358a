"""A kept photo on its way to a browser; who may see it, the page it hangs on has ruled."""

from flask import Response, request, send_from_directory

from app.console.desk import Desk
from models import media
from models.errors import NotFound
from models.media import Media, MediaState


def picture(desk: Desk, found: Media | None) -> Response:
    """A thumbnail unless the whole is asked for."""
    if found is None or found.state != MediaState.KEPT or found.sha256 is None:
        raise NotFound("no such photo")
    path = media.path_of if request.args.get("whole") == "1" else media.thumbnail_path_of
    folder = desk.settings.data_dir.absolute() / "media"
    return send_from_directory(folder, path(found.sha256), mimetype="image/jpeg")
