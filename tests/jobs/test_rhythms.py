"""Rhythms: every line of cron we ship is one, and what is typed stays within it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from config.policy import load
from jobs.rhythms import MINUTES, WEEKDAYS, Kind, Rhythm, RhythmUnfit

SHIPPED = sorted({row["cron"] for row in load("schedule")["job"].values()})


@pytest.mark.parametrize("cron", SHIPPED)
def test_every_shipped_time_is_a_rhythm_and_is_written_as_it_was_read(cron: str) -> None:
    rhythm = Rhythm.read(cron)
    assert rhythm.cron == cron
    assert rhythm.typed(rhythm.fields()) == rhythm


@given(
    some.sampled_from(SHIPPED),
    some.fixed_dictionaries(
        {
            "minutes": some.sampled_from([str(one) for one in MINUTES]),
            "minute": some.integers(0, 59).map(str),
            "day": some.integers(1, 28).map(str),
            "weekday": some.sampled_from(WEEKDAYS),
            "time": some.times().map(lambda at: f"{at:%H:%M}"),
        }
    ),
)
def test_another_time_keeps_the_rhythm_and_survives_cron(cron: str, fields: dict[str, str]) -> None:
    before = Rhythm.read(cron)
    after = before.typed(fields)
    assert Rhythm.read(after.cron) == after
    assert (after.kind, after.months) == (before.kind, before.months)
    assert after.fields() == {one: fields[one] for one in before.fields()}


@pytest.mark.parametrize(
    ("kind", "field", "typed"),
    [
        (Kind.EVERY, "minutes", "7"),
        (Kind.EVERY, "minutes", "0"),
        (Kind.HOURLY, "minute", "60"),
        (Kind.DAILY, "time", "24:00"),
        (Kind.DAILY, "time", "*/1 *"),
        (Kind.DAILY, "time", ""),
        (Kind.WEEKLY, "weekday", "mon,tue"),
        (Kind.MONTHLY, "day", "31"),
        (Kind.MONTHLY, "day", "L"),
    ],
)
def test_nonsense_is_refused_with_its_field(kind: Kind, field: str, typed: str) -> None:
    rhythm = next(one for one in map(Rhythm.read, SHIPPED) if one.kind is kind)
    with pytest.raises(RhythmUnfit) as refused:
        rhythm.typed({**rhythm.fields(), field: typed})
    assert (refused.value.field, refused.value.typed) == (field, typed)
