"""A request that comes twice is worked on once, also when both come at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import answered_requests, erasure
from models.answered_requests import KEPT, AnsweredRequest
from models.base import Database
from models.errors import KeyUsedOtherwise
from models.people import Identity
from tests.factories import MORNING, person


def test_of_many_at_once_one_is_worked_on_and_all_get_its_answer(store: Database) -> None:
    with store.writing() as session:
        who = _identity(session).id
    worked: list[int] = []

    def ask(number: int) -> object:
        with store.writing() as session:
            asked = answered_requests.begin(session, who, "key", "same", MORNING)
            if asked.body is None:
                worked.append(number)
                asked.keep({"ticket": number})
            return asked.body

    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(ask, range(12)))
    assert len(worked) == 1
    assert answers == [{"ticket": worked[0]}] * 12


def test_what_failed_is_worked_on_again_and_another_question_is_refused(store: Database) -> None:
    with store.writing() as session:
        who = _identity(session).id
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        answered_requests.begin(session, who, "key", "one", MORNING).keep({})
        raise ZeroDivisionError
    with store.writing() as session:
        asked = answered_requests.begin(session, who, "key", "one", MORNING)
        assert asked.body is None
        asked.keep({"words": "楼道灯坏了"})
    with pytest.raises(KeyUsedOtherwise), store.writing() as session:
        answered_requests.begin(session, who, "key", "other", MORNING)
    late = MORNING + KEPT - timedelta(seconds=1)
    with store.writing() as session:
        assert answered_requests.begin(session, who, "key", "one", late).body is not None
        assert answered_requests.begin(session, who, "key", "other", MORNING + KEPT).body is None


def test_answers_go_with_the_person(database: Database) -> None:
    with database.writing() as session:
        who, other = _identity(session), _identity(session, "other")
        for one in (who, other):
            answered_requests.begin(session, one.id, "key", "same", MORNING).keep({})
        session.flush()
        erasure.erase(session, who.person_id, MORNING)
        assert session.scalars(select(AnsweredRequest.identity_id)).all() == [other.id]
        assert session.scalar(select(func.count()).select_from(Identity)) == 2


def _identity(session: Session, openid: str = "somebody") -> Identity:
    made = Identity(account="mini", openid=openid, person_id=person(session).id, created_at=MORNING)
    session.add(made)
    session.flush()
    return made
