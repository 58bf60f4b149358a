"""What came from a person, and what the platform tells of its own."""

from datetime import UTC, datetime

import pytest

from bots.message import PERSON_EVENTS, EventKind, IncomingMessage, MessageKind, Reply

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind is not MessageKind.EVENT])
def test_whatever_is_said_comes_from_a_person(kind: MessageKind) -> None:
    assert IncomingMessage("main", "o-a", "1", kind, NOON).is_from_person


@pytest.mark.parametrize("event", EventKind)
def test_of_the_events_only_those_a_person_makes_come_from_one(event: EventKind) -> None:
    message = IncomingMessage("main", "o-a", "1", MessageKind.EVENT, NOON, event=event)
    assert message.is_from_person == (event in PERSON_EVENTS)


def test_results_of_jobs_and_lost_followers_come_from_the_platform() -> None:
    platform = set(EventKind) - PERSON_EVENTS
    assert {
        EventKind.UNSUBSCRIBE,
        EventKind.TEMPLATE_FINISHED,
        EventKind.MASS_FINISHED,
        EventKind.SUBSCRIBE_SENT,
        EventKind.AUTHORIZATION_CANCELLED,
    } <= platform


def test_two_replies_share_no_context() -> None:
    Reply("greeting").context["name"] = "居民A"
    assert Reply("greeting").context == {}
