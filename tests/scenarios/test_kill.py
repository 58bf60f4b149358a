"""kill -9 of a process while complaints come in; `make proof` does five hundred."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import outbox
from models.base import Database
from models.outbox import Channel, Delivery, OutboxMessage
from models.people import Identity
from tests import factories
from tests.bench.town import Case
from tests.proof.__main__ import PROOFS, main
from tests.proof.kills import kill_under_load
from tests.proof.messages import Interrupted, count_messages
from tests.proof.platform import Arrival

UNBROKEN = Interrupted((), unheard=0)


def test_nothing_is_lost_or_doubled_when_a_process_of_the_house_is_killed() -> None:
    counted = kill_under_load(Case("sqlite", "FULL"), kills=1, seed=7)
    assert counted.is_right, counted.wrong
    assert counted.pushed == counted.inbox == counted.tickets > 5
    assert counted.messages > counted.tickets
    assert counted.kills.total() >= 1


def test_what_the_ledger_says_is_held_against_what_came(database: Database) -> None:
    factories.town(database)
    with database.writing() as session:
        session.execute(update(OutboxMessage).values(state=Delivery.CANCELLED))
        openids = [_told(session, number) for number in (1, 2)]
        came = Counter(Arrival(openid, Channel.CUSTOM, "停水") for openid in openids)
        assert _wrong(session, came) == (0, 0, 0)
        assert _wrong(session, came + Counter(list(came)[:1])) == (0, 1, 0)
        assert _wrong(session, Counter(list(came)[:1])) == (1, 0, 0)
        message = _messages(session)[0]
        message.state = Delivery.IN_DOUBT
        assert _wrong(session, came) == (0, 0, 1)
        assert _wrong(session, came, Interrupted({message.id}, unheard=0)) == (0, 0, 0)
        message.state, message.lease_token = Delivery.SENDING, "a dead worker's"
        assert _wrong(session, came) == (0, 0, 1)
        message.state, message.person_id = Delivery.SENT, _messages(session)[1].person_id
        message.context = _messages(session)[1].context
        assert _wrong(session, came) == (0, 1, 0)


def _told(session: Session, number: int) -> str:
    """A notice that was sent to this resident; their openid."""
    openid = f"demo-resident-{number}"
    identity = session.scalars(select(Identity).where(Identity.openid == openid)).one()
    said = {"template": "notice_published", "context": {"number": number}}
    ours = {"person_id": identity.person_id, "account": "main", "created_at": datetime.now(UTC)}
    outbox.queue(session, [{**said, **ours, "unique_key": f"told-{number}"}])
    message = _messages(session)[-1]
    message.state, message.channel = Delivery.SENT, Channel.CUSTOM
    message.identity_id = identity.id
    return openid


def _messages(session: Session) -> Sequence[OutboxMessage]:
    told = OutboxMessage.unique_key.like("told-%")
    return session.scalars(select(OutboxMessage).where(told).order_by(OutboxMessage.id)).all()


def _wrong(
    session: Session, came: Counter[Arrival], broken: Interrupted = UNBROKEN
) -> tuple[int, int, int]:
    session.flush()
    found = count_messages(session, came, broken)
    return found.lost, found.doubled, found.unknown


def test_a_guard_that_no_proof_takes_out_is_refused() -> None:
    asked = CliRunner().invoke(main, ["--without", "gravity"])
    assert asked.exit_code == 2
    assert "'gravity'" in asked.stderr and "inbox_key" in asked.stderr
    assert asked.stdout == ""


def test_a_proof_that_is_asked_for_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, int]] = []
    for name in PROOFS:
        stands_in = partial(_noted, ran, name)
        monkeypatch.setitem(PROOFS, name, (9, stands_in))
    assert CliRunner().invoke(main, ["--kills", "3"]).exit_code == 0
    assert ran == [("kills", 3)]
    ran.clear()
    assert CliRunner().invoke(main).exit_code == 1
    assert ran == [(name, 9) for name in PROOFS] and ran[-1][0] == "kills"


def _noted(ran: list[tuple[str, int]], name: str, cases: int, seed: int) -> dict[str, object]:
    """Nine kills lose one; three lose nothing."""
    ran.append((name, cases))
    return {"seed": seed, "lost": int(cases == 9)}
