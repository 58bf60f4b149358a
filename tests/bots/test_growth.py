"""No draft of a sentence can be made to grow without end, however few words it has."""

import pytest

from bots.drafts import problems
from bots.rendering import by_staff
from bots.wording import text_as_shipped

NAME = "ticket_resolved"
SHIPPED = text_as_shipped(NAME)
DIGITS = "0123456789"


@pytest.mark.parametrize(
    "attack",
    [
        "{% set x = 'a' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
        "{% for a in text %}" * 3 + "x" + "{% endfor %}" * 3,
        f"{{{{ '{DIGITS}'" + f"|join('{DIGITS}')" * 12 + " }}",
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ '%999999999s' % 1 }}",
        "{{ 'x' * 10 ** 10 }}",
        "{{ '%999999999s'|format(1) }}",
        "{{ '" + "灯" * 5000 + "' }}",
        "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
    ],
)
def test_what_would_grow_is_refused_and_never_worked_out(attack: str) -> None:
    found = problems(NAME, f"{SHIPPED}\n{attack}")
    assert found
    assert {one.why for one in found} <= {"strange", "unfilled"}


def test_a_few_more_words_put_together_are_a_sentence_still() -> None:
    assert problems(NAME, SHIPPED + "\n{{ '请看：' ~ text|short(10) ~ '。' }}") == []


def test_what_residents_say_is_never_a_template() -> None:
    said = "{{ 7*7 }}{% for a in text %}{{ p }}{% endfor %}{# x #}<b>&amp;\x1b[31m\u202e\u200b"
    template = by_staff({NAME: "{{ text }}|{{ text|short(200) }}"}).get_template(f"{NAME}.txt")
    assert template.render({"text": said}) == f"{said}|{said}"
