"""The page of the day."""

from typing import Any

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render


@page("/")
def home(desk: Desk) -> Any:
    return render("home.html")
