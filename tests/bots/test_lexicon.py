"""The lexicon as a snapshot."""

import json
from pathlib import Path

import jieba
import pytest

from bots.lexicon import CLASSES, Weights, load_lexicon
from bots.lexicon_files import FOLDER, read_word_lists
from bots.patterns import EMERGENCY, URGENT, LexiconBroken
from bots.understand import understand
from config.categories import CATEGORIES
from tests.bots.lexicons import shipped


def words_in(text: str) -> list[str]:
    return [hit.entry.word for hit in shipped().hits(text)]


def test_the_longest_word_wins_and_none_overlap() -> None:
    hits = shipped().hits("电动车充电桩坏了")
    assert [hit.entry.word for hit in hits][-1] == "充电桩坏了"
    assert all(one.end <= two.start for one, two in zip(hits, hits[1:], strict=False))


def test_a_short_word_must_stand_on_the_edges_of_words() -> None:
    assert "楼上" in words_in("楼上住的人")
    assert "楼上" not in words_in("大楼上面有鸟")


def test_every_listed_word_is_a_word_of_the_dictionary_too() -> None:
    known = shipped().tokenizer.FREQ
    assert [word for word in read_word_lists().drafts if len(word) > 1 and not known[word]] == []


def test_every_rule_speaks_for_a_class_that_exists() -> None:
    for rule in shipped().rules.rules:
        key, _, child = rule.head.partition(".")
        assert key in (URGENT, EMERGENCY) or child in {one.key for one in CATEGORIES[key].children}


def test_two_rules_never_share_a_name_and_a_head() -> None:
    heads = [(rule.name, rule.head) for rule in shipped().rules.rules]
    assert len(heads) == len(set(heads))


def test_fitted_weights_speak_of_words_groups_and_rules_that_exist() -> None:
    lists = read_word_lists()
    words = {f"w:{word}" for word in lists.drafts}
    groups = {f"g:{one.key}.{child.key}" for one in CATEGORIES.values() for child in one.children}
    rules = {f"r:{rule.name}" for rule in lists.rules}
    weights = Weights.load()
    assert set(weights.changes) <= words | groups | rules
    assert set(weights.bias) == set(CLASSES)


def test_new_weights_make_a_new_snapshot_and_leave_the_old_alone() -> None:
    text = "路灯不亮"
    before = understand(text, shipped())
    other = shipped().with_weights(Weights(bias={"pets": 50.0}))
    assert understand(text, other).category == "pets"
    assert understand(text, shipped()) == before


def test_places_are_kept_through_new_weights() -> None:
    named = shipped().with_places({"和苑": "和平苑"}).with_weights(Weights())
    assert named.places == {"和苑": "和平苑"}


def test_the_dictionary_is_cached_where_it_is_told_and_nowhere_else(tmp_path: Path) -> None:
    first = load_lexicon(tmp_path / "words")
    assert list(tmp_path.iterdir()) == [tmp_path / "words"]
    again = load_lexicon(tmp_path / "words")
    text = "3号楼楼道有人拉飞线给电瓶车充电"
    assert understand(text, again) == understand(text, first) == understand(text, shipped())


def test_the_shared_tokenizer_of_jieba_is_left_alone() -> None:
    load_lexicon()
    assert jieba.dt is not shipped().tokenizer
    assert "拉飞线" not in jieba.dt.FREQ


def test_missing_weights_are_no_weights(tmp_path: Path) -> None:
    assert Weights.load(tmp_path / "none.json") == Weights()
    (tmp_path / "some.json").write_text(
        json.dumps({"bias": {"pets": 1.0}, "changes": {}, "temperature": 2.0}), "utf-8"
    )
    assert Weights.load(tmp_path / "some.json").temperature == 2.0


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("parking.txt", "[no_such_child]\n5 车位"),
        ("parking.txt", "5 车位"),
        ("parking.txt", "[zombie_car]\n僵尸车 5"),
        ("concepts.txt", "ebike 电动车"),
        ("rules.txt", "ebike charge"),
        ("reading.txt", "[sideways]\n1 不是"),
    ],
)
def test_a_line_that_can_not_be_read_is_told_with_its_file(
    tmp_path: Path, name: str, line: str
) -> None:
    for path in FOLDER.glob("*.txt"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    kept = (tmp_path / name).read_text("utf-8")
    (tmp_path / name).write_text(f"{line}\n{kept}", "utf-8")
    with pytest.raises(LexiconBroken):
        read_word_lists(tmp_path)


def test_words_begin_where_jiebas_own_cut_has_them() -> None:
    lexicon = shipped()
    for text in ("下班回来晚了小区里就没车位了", "北京大学生前来应聘", "", "一", "乒乓球拍卖完了"):
        cut = list(lexicon.tokenizer.cut(text, HMM=False))
        starts = [sum(map(len, cut[:at])) for at in range(len(cut) + 1)]
        edges = lexicon.word_edges(text)
        assert [at for at, edge in enumerate(edges) if edge] == starts
