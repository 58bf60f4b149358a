"""`linli evaluate`: how right the classifier is on labelled texts, as JSON."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from app.commands.lines import BadLine, Line, json_lines, text_field
from bots.evaluation import Row, evaluate_in_folds, judge, summary
from bots.fitting import Labelled, as_text, fit_labelled
from bots.lexicon import Lexicon, load_lexicon
from config.categories import CATEGORIES
from config.settings import Settings


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folds", type=click.IntRange(min=2), help="Refit on the other folds for each.")
@click.option(
    "--write-weights",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Fit on the whole file and write the table here, instead of measuring.",
)
@click.option("--reference", is_flag=True, help="Beside --folds: TF-IDF and a linear SVM as well.")
def evaluate(file: Path, folds: int | None, write_weights: Path | None, reference: bool) -> None:
    """Measure the classifier on FILE: lines of {title, text, label, label2, urgent, …}.

    By the words of the files alone, not by what was taught in a database.
    """
    if folds and write_weights:
        raise click.UsageError("--folds measures and --write-weights fits: give one of them")
    if reference and not folds:
        raise click.UsageError("--reference is fitted in folds: give --folds too")
    rows, bad = _rows(file)
    if not rows:
        raise click.ClickException(f"{file}: no usable line")
    if folds and folds > len(rows):
        raise click.UsageError(f"{folds} folds need at least {folds} lines; there are {len(rows)}")
    lexicon = load_lexicon(Settings().data_dir / "words")
    if write_weights:
        figures = _write(rows, lexicon, write_weights)
    elif folds:
        figures = summary(evaluate_in_folds(rows, lexicon, folds))
        if reference:
            figures["reference"] = _reference(rows, folds)
    else:
        figures = summary([judge(row, lexicon) for row in rows])
    click.echo(json.dumps(figures, ensure_ascii=False))
    if bad:
        click.echo(f"{bad} bad line(s) left out", err=True)
        raise SystemExit(1)


def _write(rows: list[Row], lexicon: Lexicon, path: Path) -> dict[str, Any]:
    weights = fit_labelled([row.labelled for row in rows], lexicon)
    path.write_text(as_text(weights), "utf-8")
    return {"n": len(rows), "changed": len(weights.changes), "temperature": weights.temperature}


def _reference(rows: list[Row], folds: int) -> dict[str, Any]:
    try:
        module = import_module("bots.reference")
    except ModuleNotFoundError as missing:
        raise click.ClickException(f"--reference needs the development extra: {missing}") from None
    figures: dict[str, Any] = module.reference_in_folds(rows, folds)
    return figures


def _rows(file: Path) -> tuple[list[Row], int]:
    rows: list[Row] = []
    bad = 0
    with file.open("rb") as source:
        for line in json_lines(source):
            try:
                rows.append(_row(line))
            except BadLine as problem:
                bad += 1
                click.echo(f"{file}: {problem}", err=True)
    return rows, bad


def _row(line: Line | BadLine) -> Row:
    if isinstance(line, BadLine):
        raise line
    title = text_field(line, "title", needed=False)
    text = text_field(line, "text", needed=title is None) or ""
    label = _label(line, "label")
    if label is None:
        raise BadLine(f"line {line.number}: 'label' is missing")
    labelled = Labelled(text, title, label, _label(line, "label2"), _flag(line, "title_ok"))
    return Row(labelled, _flag(line, "urgent"), text_field(line, "stratum", needed=False))


def _label(line: Line, name: str) -> str | None:
    value = line.fields.get(name)
    if value is not None and (not isinstance(value, str) or value not in CATEGORIES):
        raise BadLine(f"line {line.number}: {name!r} is no category: {value!r}")
    return value


def _flag(line: Line, name: str) -> bool | None:
    value = line.fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadLine(f"line {line.number}: {name!r} must be true, false or null")
    return value
