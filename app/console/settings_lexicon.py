"""The words 词库 that staff teach over the files, looked at twice like every setting."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, body_in_force, offer
from app.house import shipped_words
from bots.regression import load_sentences
from bots.taught import POLICY, Words, words_of
from bots.teaching import Teacher, WordUnfit, lines_of, words_in
from config.categories import categories
from config.policy import load
from models.errors import NotFound
from models.policies import Policy
from models.tickets.asked import number_in
from models.unanswered import lists, settling
from models.unanswered.lists import Reader, Saying
from models.unanswered.settling import Decision
from models.unanswered.table import Way

MOST_FAULTS = 5


class TaughtWords(Setting):
    """教过的词 — all of them: as lines, or those in force with one change."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(POLICY, load("editing")[POLICY]["label"])
        self._desk = desk
        self._settled: tuple[set[str], Decision] | None = None
        self._now_taught: Teacher | None = None

    def draft_of(self, body: Body) -> Draft:
        return {"taught": "\n".join(lines_of(words_of(body)))}

    def body_in(self, session: Session, draft: Draft) -> Body:
        now_taught = self._in_force(session)
        try:
            after = _changed(now_taught, draft)
        except WordUnfit as unfit:
            raise Unfit([Fault(unfit.context.pop("why"), unfit.context)]) from unfit
        broken = now_taught.trial(after, (), load_sentences()).broken
        if broken:
            raise Unfit([Fault("broken", {"moved": one}) for one in broken[:MOST_FAULTS]])
        self._settled = _settling(now_taught, draft)
        return {"words": after} if after else {}

    def lines(self, body: Body) -> list[str]:
        return lines_of(words_of(body))

    def choices(self) -> Mapping[str, Any]:
        return {"categories": categories()}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """Which of the latest tickets would be classed otherwise; and the texts it is for."""
        reader = lists.reader_of(session, self._desk.staff.person_id, now)
        latest = lists.latest(session, reader, load("unanswered")["tried_on"])
        now_taught, after = self._in_force(session), words_of(body)
        asked = [one.text for one in self._texts(session, reader, now)]
        return {
            "trial": now_taught.trial(after, [one.text for one in latest], ()),
            "asked": now_taught.read_again(after, asked),
        }

    def published(self, session: Session, made: Policy) -> None:
        """The unanswered texts that the word was taught for leave their list."""
        if self._settled is None or made.author_id is None:
            return
        reader = lists.reader_of(session, made.author_id, made.at)
        texts = self._texts(session, reader, made.at)
        if texts:
            settling.settle(session, texts, self._settled[1], by=made.author_id, at=made.at)

    def teacher(self, body: Body) -> Teacher:
        """Over the words of the files with the names of our estates."""
        places = self._desk.office.lexicon().places
        return Teacher(shipped_words(self._desk.settings).with_places(places), words_of(body))

    def _in_force(self, session: Session) -> Teacher:
        if self._now_taught is None:
            self._now_taught = self.teacher(body_in_force(session, self)[1])
        return self._now_taught

    def _texts(self, session: Session, reader: Reader, now: datetime) -> list[Saying]:
        """What the word is taught for and nobody has settled meanwhile."""
        if self._settled is None:
            return []
        keys = self._settled[0]
        return [one for one in lists.waiting(session, reader, now) if one.key in keys]


def _changed(now_taught: Teacher, draft: Draft) -> Words:
    """All that would be taught: what stands in the lines, and one more change."""
    lines, do = draft.get("taught"), draft.get("do", "")
    words = now_taught.words if lines is None else words_in(lines, now_taught.base)
    if not draft.get("word", "").strip():
        return words
    if do not in CHANGES:
        raise WordUnfit(why="class")
    return CHANGES[do](Teacher(now_taught.base, words), draft)


def _teach(teacher: Teacher, draft: Draft) -> Words:
    weight = number_in(draft.get("weight", "").strip()) or 0
    return teacher.with_word(draft["word"], draft.get("class", ""), weight)


def _silence(teacher: Teacher, draft: Draft) -> Words:
    return teacher.without_word(draft["word"], draft.get("class", ""))


def _restore(teacher: Teacher, draft: Draft) -> Words:
    return teacher.as_shipped(draft["word"], draft.get("class", ""))


CHANGES: Mapping[str, Callable[[Teacher, Draft], Words]] = {
    "teach": _teach,
    "silence": _silence,
    "restore": _restore,
}


def _settling(teacher: Teacher, draft: Draft) -> tuple[set[str], Decision] | None:
    keys = set(draft.get("texts", "").split())
    if not keys or draft.get("do") != "teach":
        return None
    word = teacher.spelled(draft.get("word", ""))
    return keys, Decision(Way.TAUGHT, word=word, label=draft.get("class", ""))


def _find(desk: Desk, session: Session, item: str, area_id: int | None) -> TaughtWords:
    if item:
        raise NotFound(item)
    return TaughtWords(desk)


offer(Subject(POLICY, _find, index="lexicon"))
