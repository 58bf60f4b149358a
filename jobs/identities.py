"""Asks the platform for the union ids of newcomers, so that one human being is one person."""

from datetime import datetime

import structlog

from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, Unanswered
from jobs.outgoing import client_for
from jobs.schedule import job
from models import union
from models.accounts import MINI
from models.base import Database

AT_ONCE = 50

log = structlog.get_logger(__name__)


@job("learn_union_ids")
def learn_union_ids(database: Database, now: datetime) -> str | None:
    learnt = look_up(database, client_for(database), now)
    return f"learnt={learnt}" if learnt else None


def look_up(database: Database, client: WeChatClient, now: datetime) -> int:
    """Looks up to AT_ONCE identities up; returns how many had a union id.

    Whoever could not be asked about for lack of an answer is asked about again next time.
    """
    with database.reading() as session:
        waiting = [(one.id, one.account, one.openid) for one in union.to_look_up(session, AT_ONCE)]
    learnt = 0
    for identity_id, account, openid in waiting:
        try:
            # A mini-program's identities bring their union id when they log in.
            answer = {} if account == MINI else client.user_info(account, openid)
        except ApiRefused as refusal:
            log.info("union_id_refused", account=account, errcode=refusal.errcode)
            answer = {}
        except (NotReached, Unanswered, ApiStopped, CredentialsMissing) as trouble:
            log.info("union_id_not_asked", account=account, error=type(trouble).__name__)
            return learnt
        with database.writing() as session:
            union.learn(session, identity_id, answer.get("unionid"), now)
        learnt += bool(answer.get("unionid"))
    return learnt
