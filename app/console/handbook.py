"""The handbook of the console 使用手册: its chapters, one of them, or all on paper."""

from typing import Any

from app.console.access import page
from app.console.chapters import chapters
from app.console.desk import Desk
from app.console.rendering import render
from models.errors import NotFound


@page("/handbook")
def handbook(desk: Desk) -> Any:
    return render("handbook.html", chapters=chapters())


@page("/handbook/all")
def handbook_whole(desk: Desk) -> Any:
    return render("handbook_chapters.html", chapters=chapters(), is_whole=True)


@page("/handbook/<key>")
def handbook_chapter(desk: Desk, key: str) -> Any:
    found = [one for one in chapters() if one.key == key]
    if not found:
        raise NotFound(number=key)
    return render("handbook_chapters.html", chapters=found, is_whole=False)
