"""Random attempts with a whistle: anybody calls, checks in, answers, ends or takes back."""

from collections.abc import Callable
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import AlreadyDone, DomainError, ReasonMissing
from models.events import Event
from models.tickets.step import Actor
from models.tickets.table import Ticket
from models.whistles import answering, calling, ending, lists, ticking, undoing
from models.whistles.flow import CallAction, WhistleAction
from models.whistles.table import Whistle, WhistleCall
from tests.walks.cast import Cast
from tests.walks.tally import Tally

DEPARTMENTS = ("police", "fire", "city_management")
LIAISONS = ("department_liaison-1", "department_liaison-2", "department_liaison-3")
CALLERS = ("community_staff-1", "community_staff-2", "subdistrict_staff-1")
STEPS = (
    "sound",
    "check_in",
    "answer",
    "send_back",
    "confirm",
    "break_off",
    "lapse",
    "undo",
    "tick",
)
WEIGHTS = (8, 14, 14, 3, 10, 1, 1, 14, 6)


class Whistling:
    """哨的游走 — the whistle's part of a walk: can() is asked first, then the verb tried."""

    def __init__(
        self, session: Session, chance: Random, cast: Cast, ticket: Ticket, tally: Tally
    ) -> None:
        self.session, self.chance, self.cast = session, chance, cast
        self.ticket, self.tally = ticket, tally

    def step(self, at: datetime) -> str:
        what = self.chance.choices(STEPS, WEIGHTS)[0]
        return str(getattr(self, f"_{what}")(at))

    def _somebody(self, names: tuple[str, ...]) -> int:
        if self.chance.random() < 0.75:
            return self.cast.ids[self.chance.choice(names)]
        return self.cast.somebody(self.ticket).person_id or self.cast.stranger

    def _sound(self, at: datetime) -> str:
        by = self._somebody(CALLERS)
        wanted = self.chance.sample(DEPARTMENTS, self.chance.randint(1, 3))
        may = calling.can(self.session, self.ticket, by=by, at=at)
        words = self.chance.choice(["", "带上工具"])
        mine = self.cast.relation(self.ticket, Actor(by), at)
        self._judge_caller(may, mine, by)

        def sound() -> None:
            calling.sound(self.session, self.ticket, wanted, by=by, at=at, words=words)

        return self._try(f"sound {wanted} by {by}", may, sound, AlreadyDone)

    def _judge_caller(self, may: bool, mine: frozenset[str], by: int) -> None:
        """Only staff of the place, of an open matter that is not about them."""
        if may and not ("supervisor" in mine and self.ticket.state in OPEN):
            self.tally.disagree(f"{by} may call departments as {sorted(mine)}")

    def _check_in(self, at: datetime) -> str:
        return self._answer_call(CallAction.CHECK_IN, at)

    def _answer(self, at: datetime) -> str:
        return self._answer_call(CallAction.ANSWER, at)

    def _send_back(self, at: datetime) -> str:
        return self._answer_call(CallAction.SEND_BACK, at)

    def _answer_call(self, action: CallAction, at: datetime) -> str:
        calls = self.session.scalars(
            select(WhistleCall)
            .join(Whistle, Whistle.id == WhistleCall.whistle_id)
            .where(Whistle.ticket_id == self.ticket.id)
        ).all()
        if not calls:
            return self._sound(at)
        waiting = [one for one in calls if one.is_pending]
        call = self.chance.choice(waiting if waiting and self.chance.random() < 0.7 else calls)
        by = self._somebody((LIAISONS[DEPARTMENTS.index(call.department)], *LIAISONS[:1]))
        may = answering.can(self.session, call, action, by=by, at=at)
        theirs = [one for one in self.cast.posts if one.department == call.department]
        is_theirs = by in [self.cast.answers(one, at) for one in theirs]
        if may and (not is_theirs or call.state not in ("called", "checked_in")):
            self.tally.disagree(f"{by} may {action} for {call.department} {call.state}")
        words = self.chance.choice(["已处理", "已处理", " "])
        verb = getattr(answering, action)

        def answer() -> None:
            given = () if action == CallAction.CHECK_IN else (words,)
            verb(self.session, call, *given, by=by, at=at)

        return self._try(f"{action} {call.department} by {by}", may, answer, ReasonMissing)

    def _confirm(self, at: datetime) -> str:
        return self._end(WhistleAction.CONFIRM, at)

    def _break_off(self, at: datetime) -> str:
        return self._end(WhistleAction.BREAK_OFF, at)

    def _lapse(self, at: datetime) -> str:
        return self._end(WhistleAction.LAPSE, at)

    def _end(self, action: WhistleAction, at: datetime) -> str:
        whistle = lists.latest(self.session, self.ticket.id)
        if whistle is None:
            return self._sound(at)
        is_caller = self.chance.random() < 0.5
        by = whistle.caller_id if is_caller else self._somebody(CALLERS)
        by = None if action == WhistleAction.LAPSE else by
        may = ending.can(self.session, whistle, action, by=by, at=at)
        words = self.chance.choice(["不用来了", " "])

        def end() -> None:
            if action == WhistleAction.LAPSE:
                ending.lapse(self.session, whistle, at=at)
            elif action == WhistleAction.CONFIRM:
                ending.confirm(self.session, whistle, by=by or 0, at=at)
            else:
                ending.break_off(self.session, whistle, words, by=by or 0, at=at)

        return self._try(f"{action} by {by}", may, end, ReasonMissing)

    def _undo(self, at: datetime) -> str:
        """By whoever has a step to take back, if anybody has."""
        names = self.chance.sample(CALLERS + LIAISONS, len(CALLERS + LIAISONS))
        for by in (self.cast.ids[name] for name in names):
            event = undoing.undoable(self.session, by, at, self.ticket.id)
            if event is not None:
                return self._take_back(event, by, at)
        return "nothing to take back"

    def _take_back(self, event: Event, by: int, at: datetime) -> str:
        def undo() -> None:
            undoing.undo(self.session, event, by=by, at=at)

        return self._try(f"undo {event.verb} by {by}", True, undo, ReasonMissing)

    def _tick(self, at: datetime) -> str:
        whistle = lists.latest(self.session, self.ticket.id)
        done = ticking.tick(self.session, whistle, at) if whistle is not None else None
        return f"whistle clock: {done}"

    def _try(
        self,
        what: str,
        may: bool,
        verb: Callable[[], None],
        for_words: type[DomainError],
    ) -> str:
        """can() and the verb must agree; only what was said with it may still stand against it."""
        kind = f"whistle_{what.split()[0]}"
        try:
            with self.session.begin_nested():
                verb()
        except DomainError as refusal:
            self.tally.refused[kind] += 1
            if may and not isinstance(refusal, for_words):
                self.tally.disagree(f"{what}: can said yes, {refusal!r}")
            return f"{what}: {refusal!r}"
        self.tally.allowed[kind] += 1
        if not may:
            self.tally.disagree(f"{what}: can said no, and it was done")
        return what


OPEN = ("reported", "dispatched", "accepted", "in_progress", "suspended")
