"""Calls to WeChat on behalf of a phone that waits: what the platform's refusals mean to it."""

from collections.abc import Callable
from typing import Any

import structlog

from app.api.refusals import CodeUnfit, ContentUnfit, PlatformAway
from app.api.routes import Call
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wire import NotReached, Unanswered
from models.accounts import MINI
from models.errors import TooManyAttempts

AWAY = (ApiStopped, CredentialsMissing, NotReached, Unanswered)
UNFIT = frozenset({40029, 40163, 40226, 41008})  # invalid, used, blocked, missing
TOO_OFTEN = frozenset({45009, 45011})
FORUM = 3  # the scene of a text that others read
RISKY = "risky"

log = structlog.get_logger(__name__)


def asked(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The platform's answer about a code. Raises CodeUnfit, TooManyAttempts and PlatformAway."""
    try:
        return call()
    except ApiRefused as refusal:
        if refusal.errcode in UNFIT:
            raise CodeUnfit from refusal
        if refusal.errcode in TOO_OFTEN:
            raise TooManyAttempts from refusal
        raise PlatformAway from refusal
    except AWAY as trouble:
        raise PlatformAway from trouble


def check_words(call: Call, words: str) -> None:
    """Before others read them. Raises ContentUnfit; where nobody answers the words stand."""
    if call.who.account != MINI:
        return
    try:
        told = call.office.client.msg_sec_check(MINI, call.who.openid, words, FORUM)
    except (ApiRefused, *AWAY) as trouble:
        log.warning("words_not_checked", kind=type(trouble).__name__)
        return
    if told.get("result", {}).get("suggest") == RISKY:
        raise ContentUnfit
