"""Errcodes of the platform with what they mean 错误码: counts alone, for administrators as well."""

from typing import Any

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render
from config.policy import load
from models.ledger.errcodes import counts


@page("/messages/errcodes")
def message_errcodes(desk: Desk) -> Any:
    with desk.reading() as session:
        return render(
            "message_errcodes.html",
            rows=counts(session, desk.now),
            days=load("ledger")["days"],
        )
