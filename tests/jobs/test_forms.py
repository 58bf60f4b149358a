"""Our messages in the platform's templates."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sandbox import values
from config.policy import load
from jobs.channels.forms import cut_to_bytes, fill, fit, form_of
from models.outbox import Channel

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TICKET = {
    "ticket_id": 12,
    "text": "3号楼二单元楼道里有人拉飞线给电动车充电,晚上特别危险,请尽快处理",
    "place": "幸福小区3号楼",
    "state": "resolved",
    "resolve_due": NOON.isoformat(),
}


def told_templates() -> list[str]:
    tables = load("notifications").values()
    return sorted({template for parts in tables for template in parts.values()})


@pytest.mark.parametrize("template", [*told_templates(), "digest", "report", "objection_reminder"])
@pytest.mark.parametrize("context", [TICKET, {}], ids=["of a ticket", "without context"])
def test_whatever_we_tell_people_fits_a_template_the_platform_accepts(
    template: str, context: dict[str, object]
) -> None:
    form = form_of(template)
    assert form is not None
    assert form.id_for(Channel.TEMPLATE, "main")
    filled = fill(form, context, "您的工单有新进展\n请回复数字", NOON)
    values.check(list(form.fields), {name: {"value": words} for name, words in filled.items()})


def test_values_say_what_the_context_holds_in_peoples_words() -> None:
    form = form_of("ticket_resolved")
    assert form is not None
    assert fill(form, TICKET, "已办结", NOON) == {
        "character_string1": "12",
        "thing2": "3号楼二单元楼道里有人拉飞线给电动车充…",
        "phrase3": "已办结",
        "time4": "2026年03月02日 12:00",
    }


def test_a_template_of_ours_nobody_listed_has_no_form() -> None:
    assert form_of("welcome") is None


@given(st.text(), st.integers(2, 40), st.booleans())
def test_a_fitted_value_is_never_too_long_and_never_lost(
    words: str, limit: int, is_strict: bool
) -> None:
    fitted = fit(words, limit, is_strict)
    assert len(fitted) <= limit
    assert bool(fitted) == bool(words)


@given(st.text(), st.integers(3, 200))
def test_a_cut_text_holds_whole_characters_within_its_bytes(words: str, most: int) -> None:
    cut = cut_to_bytes(words, most)
    assert len(cut.encode()) <= most
    assert cut == words or (cut.endswith("…") and words.startswith(cut[:-1]))
