"""Days under three clocks that die in the middle of their work; `make proof` lives a month."""

from tests.proof.month import Month


def test_each_level_fires_once_and_nothing_open_is_left_alone_though_clocks_are_killed() -> None:
    month = Month(tickets=50, days=4, seed=3, share_dying=0.1)
    found = month.run()
    assert found.is_right, found.wrong
    assert found.tickets == 50
    assert found.levels_fired > 20
    assert found.reminders > 5
    assert found.kills > 0


def test_without_the_mark_of_a_told_deadline_the_same_reading_finds_it_told_again() -> None:
    found = Month(tickets=12, days=3, seed=4, without="overdue_mark").run()
    assert found.doubled > 0


def test_without_anybody_who_goes_on_for_the_absent_the_same_reading_finds_them() -> None:
    found = Month(tickets=25, days=4, seed=3, without="relief").run()
    assert found.ownerless_over_5_min > 0
