"""What staff may make of a template: every shipped one passes, and what would hurt is refused."""

import pytest

from bots import drafts, samples, wording
from bots.drafts import Problem, problems
from bots.rendering import PARTS
from bots.wording import text_as_shipped
from config.policy import load

SPEAKING = [one for one in wording.names() if one not in PARTS]


def edited(name: str, old: str, new: str) -> list[Problem]:
    text = text_as_shipped(name)
    assert old in text
    return problems(name, text.replace(old, new, 1))


def test_every_template_says_something_in_its_plainest_sample() -> None:
    for name in SPEAKING:
        assert samples.said_as_shipped(name, next(samples.cases(name))), name


def test_the_samples_of_a_template_reach_its_branches() -> None:
    said = {
        samples.said_as_shipped("ticket_received", one)
        for one in samples.contexts("ticket_received")
    }
    assert any("先保安全" in one for one in said if one)
    assert any("要分开登记吗" in one for one in said if one)
    assert any("在哪个小区" in one or "是您的哪一处" in one for one in said if one)
    assert any("正在安排负责人" in one for one in said if one)


@pytest.mark.parametrize(
    "name", ["ticket_received", "digest", "welcome", "refused/too_late", "help"]
)
def test_a_shipped_template_is_no_bad_draft_of_itself(name: str) -> None:
    assert problems(name, text_as_shipped(name)) == []
    assert problems(name, text_as_shipped(name).replace("，", ", ")) == []


def test_a_draft_that_can_not_be_read_is_refused_with_its_line() -> None:
    assert (
        edited("ticket_received", "{% endif %}", "") == [Problem("syntax", 46, "{% endif %}")]
        or edited("ticket_received", "{% endif %}", "")[0].why == "syntax"
    )
    assert problems("courtesy", "{{ 好") == [Problem("syntax", 1, "{{ 好")]
    assert problems("courtesy", " \n ") == [Problem("empty")]
    assert problems("courtesy", "谢" * 10_001) == [Problem("too_large")]


def test_a_placeholder_nobody_fills_is_refused_and_the_nearest_one_named() -> None:
    (one,) = edited("ticket_received", "{{ ticket_id }}", "{{ ticket_idd }}")
    assert (one.why, one.line, one.what) == ("unknown", 4, "ticket_idd")
    assert one.context["near"] == "ticket_id"
    assert edited("ticket_received", "p.where", "p.wehre")[0].what == "p.wehre"


def test_a_placeholder_that_is_there_only_at_times_must_stay_in_its_condition() -> None:
    (one,) = edited("ticket_received", "已受理", "{{ choices|join }}已受理")
    assert (one.why, one.what) == ("missing", "choices")


@pytest.mark.parametrize(
    "attack",
    [
        "{{ place.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        '{{ "a" * 100000000 }}',
        "{{ 10 ** 10 ** 10 }}",
        "{% for n in range(100000000) %}{% endfor %}",
        '{% include "ticket_received.txt" %}',
        '{% from "ticket_received.txt" import x %}',
        "{{ place.format(place) }}",
        "{{ place|attr('upper') }}",
        "{{ self }}",
        "{% set place = place.zfill(100000000) %}",
    ],
)
def test_a_template_may_only_do_what_a_sentence_needs(attack: str) -> None:
    found = edited("ticket_received", "已受理", attack + "已受理")
    assert found and {one.why for one in found} <= {"strange", "unknown"}


def test_what_people_need_to_go_on_can_not_be_left_out() -> None:
    assert edited("ticket_received", "{{ ticket_id }}", "") == [Problem("lost", what="ticket_id")]
    assert edited("ticket_received", "0 都不是，请人来看", "") == [Problem("lost_choice", what="0")]
    lost = edited("ticket_received", "{{ p.calls(emergency) }}", "")
    assert {one.what for one in lost} == {"110", "119", "120"}
    long = edited("ticket_received", "已受理", "已受理" * 300)
    assert [one.why for one in long] == ["too_long"] and long[0].context["most"] == 2048
    assert drafts.most_bytes("digest_group") == load("reports")["group_robot"]["most_bytes"]


def test_a_piece_is_judged_by_all_the_sentences_that_take_it() -> None:
    text = text_as_shipped("supervision_parts").replace("{{ supervision }}", "")
    lost = problems("supervision_parts", text.replace("{{ one.supervision }}", ""))
    assert "supervision" in {one.what for one in lost if one.why == "lost"}
    assert "report_group" in drafts.speaking("report_parts")
    assert "ticket_received" in drafts.speaking("_parts")
