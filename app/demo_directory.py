"""Fills the directory of the demo subdistrict from config/demo_directory.toml."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models.directory.actions import written
from models.directory.details import Details
from models.places import Area
from models.posts import Post


def fill_directory(
    session: Session, areas: Mapping[str, Area], posts: Mapping[str, Post], now: datetime
) -> None:
    """Written before today, so nothing of it is an event."""
    for row in load("demo_directory")["entry"]:
        said = {name: value for name, value in row.items() if name not in ("area", "author")}
        said["aliases"] = tuple(said.get("aliases", ()))
        entry = written(
            Details(**said),
            area_id=areas[row["area"]].id,
            by=posts[row["author"]].person_id,
            at=now,
        )
        session.add(entry)
    session.flush()
