"""So many messages a person and minute."""

from datetime import timedelta

from app.wechat.limit import MinuteLimit

from .door import NOON


def test_each_person_has_a_count_of_their_own_and_each_minute_begins_anew() -> None:
    limit = MinuteLimit(2)

    def over(openid: str, seconds: float = 0) -> bool:
        return limit.is_over("main", openid, NOON + timedelta(seconds=seconds))

    assert [over("a"), over("a", 59), over("a", 59.9), over("b")] == [False, False, True, False]
    assert not limit.is_over("other", "a", NOON)
    assert [over("a", 60), over("a", 61), over("a", 62)] == [False, False, True]


def test_what_has_a_key_counts_once() -> None:
    limit = MinuteLimit(2)
    keys = ["1", "2", "1", "3", "2", "3"]
    over = [limit.is_over("main", "a", NOON, key) for key in keys]
    assert over == [False, False, False, True, False, True]
