"""The dictionary between starts: kept whole, made again when it can not be trusted."""

from pathlib import Path

import jieba
import pytest

from bots.dictionary import load_tokenizer

WORDS = ["拉飞线", "僵尸车", "灯"]


def test_words_of_ours_are_cut_by_and_one_character_is_left_as_it_is(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(WORDS, tmp_path)
    assert tokenizer.lcut("有人拉飞线了", HMM=False) == ["有人", "拉飞线", "了"]
    assert tokenizer.FREQ["灯"] == load_tokenizer([]).FREQ["灯"]


def test_the_second_start_has_the_same_dictionary_from_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_tokenizer(WORDS, tmp_path)
    monkeypatch.setattr(jieba.Tokenizer, "gen_pfdict", None)
    monkeypatch.setattr(jieba.Tokenizer, "suggest_freq", None)
    again = load_tokenizer(WORDS, tmp_path)
    assert (again.FREQ, again.total) == (first.FREQ, first.total)


def test_other_words_are_not_answered_from_what_was_kept(tmp_path: Path) -> None:
    load_tokenizer(WORDS, tmp_path)
    other = load_tokenizer(["地锁怪"], tmp_path)
    assert other.FREQ["地锁怪"] > 0 and "拉飞线" not in other.FREQ


@pytest.mark.parametrize("left", [b"", b"not marshal", b"\x00" * 40])
def test_files_cut_off_or_overwritten_are_made_again(tmp_path: Path, left: bytes) -> None:
    whole = load_tokenizer(WORDS, tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(left)
    again = load_tokenizer(WORDS, tmp_path)
    assert (again.FREQ, again.total) == (whole.FREQ, whole.total)
    assert all(path.read_bytes() != left for path in tmp_path.iterdir())


def test_nothing_but_the_two_files_is_left(tmp_path: Path) -> None:
    load_tokenizer(WORDS, tmp_path / "words")
    names = sorted(path.name.partition("-")[0] for path in (tmp_path / "words").iterdir())
    assert names == ["jieba", "words"]
