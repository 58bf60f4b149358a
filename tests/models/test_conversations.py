"""A digit answers only what was asked: one question of a reply at a time, pushed ones beside."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import conversations
from models.base import Database
from tests.factories import MORNING, person

HOUR = timedelta(hours=1)


def open_ids(session: Session, person_id: int, now: datetime) -> list[int]:
    return [one.id for one in conversations.open_questions(session, person_id, now)]


def test_a_question_of_a_reply_takes_the_place_of_the_one_before(store: Database) -> None:
    with store.writing() as session:
        who = person(session).id
        conversations.ask(session, who, "place", {}, MORNING)
        second = conversations.ask(session, who, "class", {"choices": [1, 2]}, MORNING + HOUR)
        (found,) = conversations.open_questions(session, who, MORNING + HOUR)
        assert (found.id, found.context) == (second, {"choices": [1, 2]})


def test_pushed_questions_wait_beside_it_the_latest_first(store: Database) -> None:
    with store.writing() as session:
        who = person(session).id
        digest = conversations.ask(session, who, "digest", {}, MORNING, is_pushed=True)
        asked = conversations.ask(session, who, "place", {}, MORNING)
        later = conversations.ask(session, who, "digest", {}, MORNING, is_pushed=True)
        assert open_ids(session, who, MORNING) == [later, asked, digest]


def test_a_question_is_open_until_its_time_is_over(store: Database) -> None:
    with store.writing() as session:
        who = person(session).id
        short = conversations.ask(session, who, "place", {}, MORNING, hours=2)
        just_before = MORNING + 2 * HOUR - timedelta(seconds=1)
        assert open_ids(session, who, just_before) == [short]
        assert conversations.open_questions(session, who, MORNING + 2 * HOUR) == []


def test_a_question_lasts_a_day_unless_told_otherwise(database: Database) -> None:
    with database.writing() as session:
        who = person(session).id
        conversations.ask(session, who, "place", {}, MORNING)
        (question,) = conversations.open_questions(session, who, MORNING)
        assert question.expires_at == MORNING + timedelta(days=1)


def test_a_closed_question_is_not_asked_any_more(database: Database) -> None:
    with database.writing() as session:
        who = person(session).id
        conversations.ask(session, who, "place", {}, MORNING)
        (question,) = conversations.open_questions(session, who, MORNING)
        conversations.close(question, MORNING + HOUR)
        assert conversations.open_questions(session, who, MORNING + HOUR) == []


def test_closing_what_a_reply_asked_leaves_what_was_pushed(store: Database) -> None:
    with store.writing() as session:
        who = person(session).id
        pushed = conversations.ask(session, who, "digest", {}, MORNING, is_pushed=True)
        conversations.ask(session, who, "place", {}, MORNING)
        conversations.close_asked(session, who, MORNING + HOUR)
        assert open_ids(session, who, MORNING + HOUR) == [pushed]


def test_a_neighbours_questions_are_their_own(database: Database) -> None:
    with database.writing() as session:
        one, other = person(session).id, person(session, "居民B").id
        mine = conversations.ask(session, one, "place", {}, MORNING)
        theirs = conversations.ask(session, other, "place", {}, MORNING)
        assert open_ids(session, one, MORNING) == [mine]
        assert open_ids(session, other, MORNING) == [theirs]
