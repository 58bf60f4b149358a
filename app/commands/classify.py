"""`linli classify`: what the product understands of a text, as JSON."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from app.commands.lines import BadLine, json_lines, text_field
from bots.lexicon import Lexicon, load_lexicon
from bots.understand import Understanding, understand
from config.settings import Settings


@click.command()
@click.argument("text", required=False)
@click.option("--jsonl", "lines", is_flag=True, help="Read {id, title, text} lines from stdin.")
@click.option("--title", help="The headline of the text, if it has one.")
def classify(text: str | None, lines: bool, title: str | None) -> None:
    """Print category, urgency, intent and place of TEXT, with the words that decided.

    By the words of the files alone: no database is opened, so what was taught there, and the
    names of estates, count in the service and not here.
    """
    if lines == (text is not None):
        raise click.UsageError("give either TEXT or --jsonl with lines on standard input")
    lexicon = load_lexicon(Settings().data_dir / "words")
    if text is not None:
        if not text.strip():
            raise click.UsageError("TEXT is empty")
        click.echo(_as_json(understand(text, lexicon, title)))
        return
    for answer in _answers(lexicon):
        click.echo(json.dumps(answer, ensure_ascii=False))


def _answers(lexicon: Lexicon) -> Iterator[dict[str, Any]]:
    """One answer a line; bad lines are told on stderr and counted, the others still answered."""
    bad = 0
    for read in json_lines(sys.stdin.buffer):
        try:
            if isinstance(read, BadLine):
                raise read
            title = text_field(read, "title", needed=False)
            text = text_field(read, "text", needed=title is None)
        except BadLine as problem:
            bad += 1
            click.echo(f"stdin: {problem}", err=True)
            continue
        found = understand(text or "", lexicon, title)
        yield {"id": read.fields.get("id"), **plain(found)}
    if bad:
        click.echo(f"{bad} bad line(s) left out", err=True)
        raise SystemExit(1)


def plain(found: Understanding) -> dict[str, Any]:
    """The understanding under its fixed names."""
    return {
        "category": found.category,
        "subcategory": found.subcategory,
        "urgency": found.urgency.value,
        "intent": found.intent.value,
        "confidence": found.confidence,
        "evidence": [asdict(one) for one in found.evidence],
        "place": asdict(found.place) if found.place else None,
    }


def _as_json(found: Understanding) -> str:
    return json.dumps(plain(found), ensure_ascii=False)
