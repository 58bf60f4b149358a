"""Posts messages to the group robots of WeCom, a call at a time and outside of any transaction."""

from datetime import datetime, timedelta

import structlog
from jinja2 import TemplateError

from bots.rendering import render
from config.policy import load
from config.settings import PLATFORM, Settings
from jobs.channels.forms import cut_to_bytes
from jobs.channels.wire import NotReached, TooLarge, Unanswered, Wire
from models.base import Database
from models.outbox import Delivery
from models.reports import posting
from models.reports.posting import Claimed

SEND = "/cgi-bin/webhook/send"
A_MINUTE = timedelta(minutes=1)

log = structlog.get_logger(__name__)


class GroupRobots:
    """群机器人通道 — one worker's connection to the platform of the groups."""

    def __init__(self, settings: Settings) -> None:
        base = settings.wechat_api_base
        self._rules = load("reports")["group_robot"]
        self._wire = Wire(self._rules["host"] if base == PLATFORM else base)

    def post_due(self, database: Database, now: datetime) -> int:
        """Posts one message that is due; says how many it took in hand."""
        with database.reading() as session:
            if not posting.has_due(session, now):
                return 0
        with database.writing() as session:
            posting.sweep(session, now)
            claimed = posting.claim(session, now)
        if claimed is None:
            return 0
        self._post(database, claimed, now)
        return 1

    def _post(self, database: Database, one: Claimed, now: datetime) -> None:
        """The key stands in the address, so no failure is told by more than its kind."""
        try:
            words = cut_to_bytes(render(one.template, one.context), self._rules["most_bytes"])
            body = {"msgtype": "markdown", "markdown": {"content": words}}
            answer = self._wire.post(SEND, {"key": one.key}, body)
        except NotReached:
            self._later(database, one, now, None)
        except (Unanswered, TooLarge):
            self._settle(database, one, Delivery.IN_DOUBT, now, None)
        except (TemplateError, LookupError, TypeError, ValueError) as mistake:
            log.error("group_message_unwordable", message_id=one.id, error=type(mistake).__name__)
            self._settle(database, one, Delivery.FAILED, now, None)
        else:
            self._ruled(database, one, now, int(answer.get("errcode", 0)))

    def _ruled(self, database: Database, one: Claimed, now: datetime, errcode: int) -> None:
        if errcode == 0:
            self._settle(database, one, Delivery.SENT, now, 0)
        elif errcode in self._rules["busy"]:
            with database.writing() as session:
                posting.again(session, one, now, errcode, at=now + A_MINUTE)
        elif errcode in self._rules["wrong_key"]:
            log.error("alert", about="group_robot_refused", robot_id=one.robot_id, errcode=errcode)
            with database.writing() as session:
                posting.refuse(session, one, now, errcode)
        else:
            log.warning("group_message_refused", message_id=one.id, errcode=errcode)
            self._settle(database, one, Delivery.FAILED, now, errcode)

    def _later(self, database: Database, one: Claimed, now: datetime, errcode: int | None) -> None:
        wait = timedelta(seconds=self._rules["first_wait_seconds"] * 2 ** (one.attempts - 1))
        with database.writing() as session:
            posting.again(session, one, now, errcode, at=now + wait)

    def _settle(
        self, database: Database, one: Claimed, state: Delivery, now: datetime, errcode: int | None
    ) -> None:
        with database.writing() as session:
            posting.settle(session, one, state, now, errcode)
