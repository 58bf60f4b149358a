"""Signing in with WeChat: the page shows a code, the phone confirms it, the page goes on."""

from typing import Any

import segno
import structlog
from flask import Response, redirect, request, session

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render
from app.console.sign_in import HOME, start
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wire import NotReached, Unanswered
from models import sign_in_scans
from models.accounts import MAIN
from models.sign_in_scans import LIFE, ScanState, SignInScan
from models.sign_ins import Way

NO_CODE = (ApiRefused, ApiStopped, CredentialsMissing, NotReached, Unanswered)
SECRET, ADDRESS = "scan", "scan_address"

log = structlog.get_logger(__name__)


@page("/sign-in/scan", "POST")
def scan_open(desk: Desk) -> Any:
    """A fresh code. WeChat makes its picture's address, outside of any transaction."""
    device = "phone" if "Mobile" in request.user_agent.string else "computer"
    with desk.writing() as store:
        scan, secret = sign_in_scans.open_scan(store, device, desk.now)
        scene = scan.scene
    try:
        answer = desk.office.client.qrcode_create(MAIN, scene, int(LIFE.total_seconds()))
    except NO_CODE as failure:
        log.warning("sign_in_code_not_made", kind=type(failure).__name__)
        return render("sign_in_scan.html", state=None, scan=None), 503
    session[SECRET], session[ADDRESS] = secret, answer["url"]
    return redirect("/console/sign-in/scan")


@page("/sign-in/scan")
def scan(desk: Desk) -> Any:
    found = _of_browser(desk)
    if found is None:
        return redirect("/console/sign-in")
    picture = segno.make(session[ADDRESS], error="m").svg_data_uri(scale=6, border=2)
    return render("sign_in_scan.html", state=found.state, scan=found, picture=picture)


@page("/sign-in/scan/state", "POST")
def scan_state(desk: Desk) -> Any:
    """Asked every two seconds; once confirmed, this browser is signed in."""
    with desk.writing() as store:
        person_id = sign_in_scans.take_up(store, session.get(SECRET, ""), desk.now)
    if person_id is not None:
        is_in = start(desk, person_id, Way.SCAN)
        return _on(HOME) if is_in else (render("sign_in_scan.html", state="not_in", scan=None), 403)
    found = _of_browser(desk)
    if "HX-Request" not in request.headers:
        return redirect("/console/sign-in/scan")
    return render("_scan_state.html", state=found.state if found else "over")


def _of_browser(desk: Desk) -> SignInScan | None:
    if SECRET not in session or ADDRESS not in session:
        return None
    with desk.reading() as store:
        found = sign_in_scans.of_browser(store, session[SECRET], desk.now)
    return found if found is not None and found.state != ScanState.USED else None


def _on(address: str) -> Any:
    if "HX-Request" in request.headers:
        return Response(headers={"HX-Redirect": address})
    return redirect(address)
