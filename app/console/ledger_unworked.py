"""Pushes that nothing was made of 没处理成的来信: read, worked on again, or answered by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.acting import FieldUnfit
from app.console.desk import Desk
from app.console.fields import words_in
from app.console.rendering import render, status_of, words_of
from app.logs import fault
from bots import dialogue, taking_up
from bots.dialogue import Heard
from bots.message import IncomingMessage
from config.policy import load
from models.errors import DomainError, NotFound
from models.inbox import InboxMessage
from models.ledger import unworked
from models.ledger.unworked import Act
from models.tickets.asked import word_in
from models.tickets.sight import Sight, sight_of

LONGEST_WORDS = 500
STILL_FAILS = "still_fails"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """来信 — a row with what was said, and what that means."""

    row: InboxMessage
    message: IncomingMessage
    heard: Heard


@page("/messages/unworked")
def message_unworked(desk: Desk) -> Any:
    return _shown(desk)


@page("/messages/unworked/<int:letter_id>", "POST")
def message_unworked_act(desk: Desk, letter_id: int) -> Any:
    act = word_in(Act, request.form.get("act"))
    if act is None:
        raise NotFound(number=str(letter_id))
    try:
        with desk.writing() as session:
            letter = _found(session, desk, letter_id)
            reply = REPLIES[act](session, desk, letter)
            by = desk.staff.person_id
            unworked.settle(session, letter.row, act, reply, by=by, at=desk.now)
    except NotFound:
        raise
    except DomainError as refusal:
        return _shown(desk, words_of(refusal)), status_of(refusal)
    except Exception as failure:
        # What failed when it came may fail again: a person has to answer then.
        log.error("push_failed_again", inbox_id=letter_id, **fault(failure))
        return _shown(desk, STILL_FAILS), 500
    return redirect(url_for("console.message_unworked", done=act))


def _work_again(session: Session, desk: Desk, letter: Letter) -> str | None:
    return dialogue.answer(session, letter.message, letter.heard, desk.now)


def _own_words(_: Session, __: Desk, ___: Letter) -> str:
    words = words_in(request.form, LONGEST_WORDS)
    if not words:
        raise FieldUnfit(field="words")
    return words


def _none(_: Session, __: Desk, ___: Letter) -> None:
    return None


REPLIES = {Act.AGAIN: _work_again, Act.ANSWERED: _own_words, Act.TOLD: _none}


def _shown(desk: Desk, problem: str | None = None) -> str:
    """Whoever wrote one of those that are shown can learn that it was read."""
    with desk.writing() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        found = letters(session, desk, sight)
        senders = unworked.senders(session, [one.row for one in found])
        unworked.note_reading(session, sight, list(senders.values()), desk.now)
        return render(
            "message_unworked.html",
            letters=found,
            senders=senders,
            sees_all=sight.sees_unplaced,
            days=load("ledger")["days"],
            problem=problem,
            still_fails=STILL_FAILS,
            done=word_in(Act, request.args.get("done")),
        )


def letters(session: Session, desk: Desk, sight: Sight) -> list[Letter]:
    """All that they may read, the latest first."""
    return _readable(session, desk, sight, unworked.rows(session, sight, desk.now))


def _found(session: Session, desk: Desk, letter_id: int) -> Letter:
    sight = sight_of(session, desk.staff.person_id, desk.now)
    row = unworked.find(session, sight, letter_id, desk.now)
    for letter in _readable(session, desk, sight, [row]):
        return letter
    raise NotFound(number=str(letter_id))


def _readable(
    session: Session, desk: Desk, sight: Sight, rows: Sequence[InboxMessage]
) -> list[Letter]:
    found = []
    for row in rows:
        message = taking_up.message_of(row.kept or {})
        heard = dialogue.hear(message, desk.office.lexicon())
        about = taking_up.about(heard)
        if unworked.may_read(session, sight, row, about, desk.now):
            found.append(Letter(row, message, heard))
    return found
