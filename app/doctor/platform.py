"""WeChat as seen from here: its clock, our credentials, the menu; and our own site from outside."""

import re
from datetime import timedelta

import requests

from app.commands.menu import as_wechat_wants_it
from app.doctor.findings import Findings, ok, warning, wrong
from app.doctor.patient import House
from app.doctor.store import skew
from config.policy import load
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wire import NotReached, Unanswered
from models.accounts import MAIN
from models.ledger.wording import words_of

NO_MENU = 46003
UNREACHED = "see that this machine may open connections to it (firewall, DNS)"
_ADDRESS = re.compile(r"invalid ip ([0-9a-fA-F.:]+)")


def clock(house: House) -> Findings:
    """By the Date header of any answer, which counts whole seconds."""
    if not house.client.tokens.accounts():
        return
    base = house.settings.wechat_api_base
    try:
        there = house.client.platform_time()
    except (NotReached, Unanswered) as failure:
        yield wrong(f"{base} does not answer: {failure}", UNREACHED)
        return
    if there is None:
        yield warning(f"{base} does not say what time it is", "see what stands between us and it")
    else:
        yield skew("WeChat", there + timedelta(seconds=0.5), house.now)


def credentials(house: House) -> Findings:
    """Each account's, past the token we hold: the platform gives the same one again."""
    for account in house.client.tokens.accounts():
        try:
            house.client.tokens.try_credentials(account)
        except ApiRefused as refusal:
            yield wrong(
                f"WeChat refuses the credentials of {account}: errcode {refusal.errcode}"
                + _address(refusal.errmsg),
                _todo(refusal.errcode),
            )
        except CredentialsMissing:
            yield wrong(f"the account {account} has no app id or no secret", "enter both")
        except (NotReached, Unanswered) as failure:
            yield warning(f"the credentials of {account} could not be tried: {failure}", UNREACHED)
        else:
            yield ok(f"WeChat takes the credentials of {account}")


def _todo(errcode: int) -> str:
    ours = load("doctor")["refusal"].get(str(errcode))
    told = words_of(errcode)
    return str(ours or f"{told.means}：{told.todo}")


def _address(errmsg: str) -> str:
    """The one it saw; the rest of its words is of no use."""
    found = _ADDRESS.search(errmsg)
    return f", seen from {found[1]}" if found else ""


def menu(house: House) -> Findings:
    todo = "run `linli menu push`"
    try:
        there = house.client.menu_get(MAIN).get("menu", {}).get("button")
    except CredentialsMissing:
        return
    except ApiRefused as refusal:
        if refusal.errcode == NO_MENU:
            yield warning("the official account has no menu", todo)
        else:
            yield warning(
                f"its menu can not be read: errcode {refusal.errcode}", _todo(refusal.errcode)
            )
        return
    except (ApiStopped, NotReached, Unanswered) as failure:
        yield warning(f"its menu can not be read: {failure}", UNREACHED)
        return
    if _keys(there) == _keys(as_wechat_wants_it()["button"]):
        yield ok("its menu is ours")
    else:
        yield warning("its menu is not that of this version", todo)


def _keys(buttons: object) -> list[tuple[str, str]]:
    """What is shown and what a tap sends; the platform adds fields of its own."""
    found = []
    for button in buttons if isinstance(buttons, list) else ():
        for one in (button, *button.get("sub_button", ())):
            found.append((str(one.get("name", "")), str(one.get("key", ""))))
    return found


def site(house: House) -> Findings:
    address = f"{house.settings.base_url}/readyz"
    todo = "see that `linli web` runs and that the proxy before it leads there"
    try:
        answer = requests.get(address, timeout=load("doctor")["answer_seconds"])
    except requests.RequestException as failure:
        yield warning(f"{address} can not be reached from here ({type(failure).__name__})", todo)
        return
    if answer.status_code == 200:
        yield ok(f"{address} answers")
    else:
        yield wrong(f"{address} answers {answer.status_code}", todo)
