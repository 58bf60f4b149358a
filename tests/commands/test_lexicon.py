"""`linli lexicon` as an operator types it, from the correction to the word in force."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.commands import lexicon as command
from bots.regression import Sentence, load_sentences
from bots.taught import taught, words_of
from bots.understand import Understanding, understand
from models import policies
from models.base import Database
from models.policies import Policy
from models.sealing import KEYRING
from models.tickets import refining
from tests import factories
from tests.bots.lexicons import shipped

Say = Callable[..., Result]
NEST = "咕噜业"
LABEL = "ebike_charging.charger_shortage"
TEXTS = (
    "咕噜业晚上黑漆漆的",
    "去咕噜业要绕一大圈，能不能开个口",
    "咕噜业的插口老是被人占着",
    "东边的咕噜业风一吹就晃",
    "幸福里小区的咕噜业什么时候能用上",
)
KEPT = Sentence("车位太少", "parking", "space_shortage", "normal", None, None)
WRONG = {"words": {"车位太少": {"pets.stray": 10, "parking.space_shortage": 0}}}


@pytest.fixture
def say(database: Database, monkeypatch: pytest.MonkeyPatch) -> Say:
    return operator(database, monkeypatch)


@pytest.fixture
def say_on_both(store: Database, monkeypatch: pytest.MonkeyPatch) -> Say:
    return operator(store, monkeypatch)


def operator(store: Database, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Types commands on this store; the files of the lexicon are read once for all of them."""
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    monkeypatch.setenv("LINLI_DATABASE_URL", store.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LINLI_DATA_KEY", key)
    monkeypatch.setattr(command, "load_lexicon", lambda cache: shipped())
    monkeypatch.setattr(command, "load_sentences", lambda: (*load_sentences(), KEPT))
    KEYRING.use({"1": b"01234567890123456789012345678901"})

    def invoke(*words: str, given: object = None) -> Result:
        return CliRunner().invoke(command.lexicon, words, input=json.dumps(given))

    return invoke


def corrected(store: Database, *texts: str) -> None:
    factories.town(store)
    with store.writing() as session:
        for text in texts:
            one = factories.ticket(
                session, factories.building(session), text=text, category="not_estate"
            )
            refining.reclassify(
                session,
                one,
                "ebike_charging",
                "charger_shortage",
                by=one.reporter_id,
                at=factories.MORNING,
            )


def versions(store: Database) -> list[Policy]:
    with store.reading() as session:
        return list(session.scalars(select(Policy).order_by(Policy.revision)))


def understood(store: Database) -> list[Understanding]:
    """The whole regression set by the words in force."""
    with store.reading() as session:
        last = policies.current(session, "lexicon")
        lexicon = taught(shipped(), words_of(last.body if last else {}))
    return [understand(one.text, lexicon) for one in (*load_sentences(), KEPT)]


def test_from_five_corrected_tickets_to_a_word_in_force(say_on_both: Say, store: Database) -> None:
    corrected(store, *TEXTS)
    proposed = json.loads(say_on_both("suggest").stdout)
    assert set(proposed["words"]) == {NEST}
    (evidence,) = proposed["evidence"]
    assert (evidence["word"], evidence["class"]) == (NEST, LABEL)
    assert evidence["corrected"] == {"with": 5, "of": 5}
    assert evidence["others"]["with"] == 0 and evidence["others"]["of"] > 300
    assert evidence["taken_for"] == ["not_estate"]
    assert len(evidence["tickets"]) == 5 and "texts" not in evidence
    assert versions(store) == []
    made = json.loads(say_on_both("apply", "-", "--reason", "居民这么叫", given=proposed).stdout)
    assert (made["version"], made["revision"], made["words"]) == (1, 1, 1)
    (kept,) = versions(store)
    assert (kept.body, kept.reason) == ({"words": proposed["words"]}, "居民这么叫")
    again = json.loads(say_on_both("suggest").stdout)
    assert (again["words"], again["corrections"]) == ({}, 5)


def test_texts_are_shown_only_when_asked_for(say: Say, database: Database) -> None:
    corrected(database, *TEXTS)
    assert TEXTS[0] not in say("suggest").output
    shown = json.loads(say("suggest", "--show-texts").stdout)
    assert shown["evidence"][0]["texts"] == list(TEXTS)


def test_without_corrections_nothing_is_proposed(say: Say) -> None:
    assert json.loads(say("suggest").stdout) == {
        "words": {},
        "evidence": [],
        "refused": [],
        "corrections": 0,
    }


def test_a_change_that_breaks_a_sentence_is_refused_with_the_sentence(
    say: Say, database: Database
) -> None:
    refused = say("apply", "-", given=WRONG)
    assert refused.exit_code == 1 and refused.stdout == ""
    first = json.loads(refused.stderr.splitlines()[0])
    assert set(first) == {"text", "expected", "before", "after"}
    assert KEPT.text in refused.stderr
    assert "would be misunderstood; nothing was changed" in refused.stderr
    assert versions(database) == []


def test_reverting_understands_exactly_as_the_former_version(
    say_on_both: Say, store: Database
) -> None:
    shipped_as = understood(store)
    say_on_both("apply", "-", given={"words": {NEST: {LABEL: 8}}})
    first = understood(store)
    say_on_both(
        "apply", "-", given={"words": {NEST: {"pets": 2, LABEL: None}, "鬼探头": {"parking": 9}}}
    )
    assert [one.body for one in versions(store)][-1] == {
        "words": {NEST: {"pets.other": 2}, "鬼探头": {"parking.other": 9}}
    }
    back = json.loads(say_on_both("revert", "1").stdout)
    assert (back["version"], back["words"]) == (3, 1)
    assert understood(store) == first
    bodies = [one.body for one in versions(store)]
    assert bodies[2] == bodies[0]
    assert json.loads(say_on_both("revert", "0").stdout)["words"] == 0
    assert understood(store) == shipped_as
    lines = say_on_both("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["4", "3", "2", "1"]
    assert "as version 1" in lines[1] and "operator" in lines[1]


def test_diff_tells_words_weights_and_the_sentences_that_move(
    say: Say, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = Sentence(
        "去咕噜业要绕一大圈", "ebike_charging", "charger_shortage", "normal", None, None
    )
    monkeypatch.setattr(command, "load_sentences", lambda: (moving,))
    made = json.loads(say("apply", "-", given={"words": {NEST: {LABEL: 10}}}).stdout)
    assert [one["text"] for one in made["sentences"]] == [moving.text]
    say("apply", "-", given={"words": {NEST: {LABEL: 9}, "鬼探头": {"parking": 9}}})
    last = json.loads(say("diff").stdout)
    assert (last["from"], last["to"], last["sentences"]) == (1, 2, [])
    assert last["changed"] == [{"word": NEST, "label": LABEL, "before": 10, "after": 9}]
    assert [one["word"] for one in last["added"]] == ["鬼探头"]
    whole = json.loads(say("diff", "0", "2").stdout)
    assert {one["word"] for one in whole["added"]} == {NEST, "鬼探头"}
    assert whole["sentences"][0]["after"] == LABEL == whole["sentences"][0]["expected"]
    back = json.loads(say("diff", "2", "0").stdout)
    assert [one["word"] for one in back["removed"]] == [one["word"] for one in whole["added"]]


def test_who_decided_is_kept_and_a_resident_may_not(say: Say, database: Database) -> None:
    factories.town(database)
    words = {"words": {NEST: {LABEL: 8}}}
    refused = say("apply", "-", "--by", "demo-resident-1", given=words)
    assert refused.exit_code == 1 and "may not change the lexicon" in refused.stderr
    refused = say("apply", "-", "--by", "nobody", given=words)
    assert refused.exit_code == 1 and "nobody on the account main" in refused.stderr
    assert say("apply", "-", "--by", "demo-community_staff-1", given=words).exit_code == 0
    with database.reading() as session:
        staff = factories.demo_person(session, "community_staff")
    assert [one.author_id for one in versions(database)] == [staff]


@pytest.mark.parametrize(
    ("words", "given", "answer"),
    [
        (("apply", "-"), {"words": {NEST: {"weather": 3}}}, "'weather' is no class"),
        (("apply", "-"), ["咕噜业"], "not an object"),
        (("apply", "-"), {"words": {NEST: {LABEL: None}}}, "changes nothing"),
        (("apply", "no-such-file"), None, "No such file"),
        (("revert", "7"), None, "lexicon has no version 7"),
        (("revert", "0"), None, "changes nothing"),
        (("revert", "-1"), None, "No such option"),
        (("diff", "1", "7"), None, "lexicon has no version"),
    ],
)
def test_what_makes_no_sense_is_answered_in_words_and_changes_nothing(
    say: Say, database: Database, words: tuple[str, ...], given: Any, answer: str
) -> None:
    refused = say(*words, given=given)
    assert refused.exit_code in (1, 2)
    assert answer in refused.stderr
    assert isinstance(refused.exception, SystemExit)
    assert versions(database) == []


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_json_is_told(say: Say, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "words.json").write_bytes(content)
    refused = say("apply", str(tmp_path / "words.json"))
    assert refused.exit_code == 1
    assert "not JSON" in refused.stderr
