"""Signing in with the code of wx.login, renewing, signing out."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.api.limits import SIGNING_IN
from app.api.platform import asked
from app.api.refusals import NotSignedIn
from app.api.routes import Call, Gate, Work, acts, sets
from app.api.schemas import Code, Given, Sent
from models import resident_sessions, union
from models.accounts import MINI
from models.resident_sessions import Door, Tokens
from models.speakers import speaker


class LoginCode(Sent):
    """登录码 — what wx.login gave the phone."""

    code: Code


class RefreshToken(Sent):
    refresh_token: Code


class SessionOut(Given):
    """登录 — the tokens for the phone, and until when they serve."""

    access_token: str
    access_until: datetime
    refresh_token: str
    refresh_until: datetime


@acts(
    "/sessions",
    takes=LoginCode,
    gives=SessionOut,
    gate=Gate.ANYBODY,
    limit=SIGNING_IN,
    refuses=("code_unfit", "platform_away"),
)
def sign_in(call: Call, body: LoginCode) -> Work:
    """Sign in by the code of wx.login.

    A union id makes them the person that they are in chat already.
    """
    told = asked(lambda: call.office.client.jscode2session(MINI, body.code))

    def work(session: Session) -> SessionOut:
        who = speaker(session, MINI, told["openid"], call.now)
        union.learn(session, who.identity_id, told.get("unionid"), call.now)
        return _out(resident_sessions.open_session(session, who.identity_id, Door.API, call.now))

    return work


@sets(
    "/sessions/renewal",
    method="POST",
    takes=RefreshToken,
    gives=SessionOut,
    gate=Gate.ANYBODY,
    limit=SIGNING_IN,
    refuses=("not_signed_in",),
)
def renew(call: Call, body: RefreshToken) -> Work:
    """Other tokens in place of those that run out.

    A token that was used two minutes ago or longer ends the session: somebody else has it too.
    """

    def work(session: Session) -> SessionOut | NotSignedIn:
        tokens = resident_sessions.renew(session, body.refresh_token, call.now)
        return _out(tokens) if tokens else NotSignedIn()

    return work


@sets("/sessions/current", method="DELETE", status=204)
def sign_out(call: Call) -> Work:
    """Sign out on this phone."""
    return lambda session: resident_sessions.revoke(session, call.token, call.now)


def _out(tokens: Tokens) -> SessionOut:
    return SessionOut(
        access_token=tokens.access,
        access_until=tokens.access_until,
        refresh_token=tokens.refresh,
        refresh_until=tokens.refresh_until,
    )
