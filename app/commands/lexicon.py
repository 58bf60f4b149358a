"""`linli lexicon`: words learned from corrections, as versions over the files."""

import json
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.orm import Session

from app.commands import store
from app.commands.background import LOCAL
from app.commands.lexicon_answers import (
    evidence,
    evidence_with_texts,
    say,
    sentences,
    version_made,
)
from app.commands.named import person_named
from app.house import now, words_cache
from bots import learning, naming
from bots.lexicon import Lexicon, load_lexicon
from bots.regression import Moved, load_sentences, moved
from bots.taught import (
    POLICY,
    Change,
    NotTeachable,
    Words,
    differences,
    merged,
    read_change,
    taught,
    words_of,
)
from config.settings import Settings
from models import policies
from models.accounts import MAIN
from models.errors import AlreadyDone, NotAllowed, StoreBusy, TooLate
from models.places import estate_names
from models.tickets import corrections

MOST_OTHERS = 5000  # latest tickets that the corrected ones are held against

WORDS: store.Words = {
    NotAllowed: "this person may not change the lexicon",
    AlreadyDone: "that changes nothing",
    TooLate: "somebody else changed the lexicon meanwhile; look again",
    StoreBusy: "the database is busy; nothing was changed, try again",
}

by_option = click.option(
    "--by", "openid", help="The openid of who decides; without it, the operator of this machine."
)
account_option = click.option("--account", default=MAIN, show_default=True)


@click.group()
def lexicon() -> None:
    """Words learned from corrections: versions over the files of config/lexicon.

    What `apply` and `revert` make is in force on every web process within two seconds. Both
    refuse a change that makes the regression set worse. Version 0 is the files alone.
    """


@lexicon.command()
@click.option("--show-texts", is_flag=True, help="Print what the tickets say, not only numbers.")
def suggest(show_texts: bool) -> None:
    """Propose words and weights from corrected tickets, with the evidence. Applies nothing.

    `linli lexicon apply` takes what this prints.
    """
    files = _files()
    with store.opened(WORDS) as database, database.reading() as session:
        names = estate_names(session)
        _, words = _in_force(session)
        found = corrections.corrections(session)
        others = corrections.latest_texts(
            session,
            {one.before[0] for one in found},
            without=[one.ticket_id for one in found],
            limit=MOST_OTHERS,
        )
    base = files.with_places(names)
    made = learning.suggest(base, words, found, others, load_sentences())
    tell = evidence_with_texts if show_texts else evidence
    kept = [one for one in made if not one.breaks]
    proposed: dict[str, dict[str, int]] = {}
    for one in kept:
        proposed.setdefault(one.candidate.word, {})[one.label] = one.weight
    say(
        {
            "words": proposed,
            "evidence": [tell(one) for one in kept],
            "refused": [tell(one) for one in made if one.breaks],
            "corrections": len(found),
        }
    )


@lexicon.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--reason", help="Why; kept with the version.")
@by_option
@account_option
def apply(file: Any, reason: str | None, openid: str | None, account: str) -> None:
    """Make a new version with the words of FILE (- is standard input).

    FILE is {"words": {word: {class: weight}}}; a class is category or category.child, a weight
    0 to 10. 0 silences a word for the class, null takes back what was taught of it.
    """
    given = _json(file)
    base = _files()
    with store.opened(WORDS) as database:
        with database.reading() as session:
            last, words = _in_force(session)
        after = merged(words, _change(given, base))
        differing = _checked(base, words, after)
        body = {"words": after} if after else {}
        with database.writing() as session:
            made = policies.publish(
                session,
                POLICY,
                body,
                after=last,
                by=_person(session, account, openid),
                at=now(),
                reason=reason,
            )
    say(version_made(made, differing))


@lexicon.command()
@click.argument("version", type=click.IntRange(min=policies.AS_SHIPPED))
@by_option
@account_option
def revert(version: int, openid: str | None, account: str) -> None:
    """Make a new version that says what VERSION said; 0 goes back to the files alone."""
    base = _files()
    with store.opened(WORDS) as database:
        with database.reading() as session:
            last, words = _in_force(session)
            after = words_of(policies.body_of(session, POLICY, version))
        differing = _checked(base, words, after)
        with database.writing() as session:
            by = _person(session, account, openid)
            made = policies.revert(session, POLICY, version, after=last, by=by, at=now())
    say(version_made(made, differing))


@lexicon.command()
@click.argument("before", type=click.IntRange(min=policies.AS_SHIPPED), required=False)
@click.argument("after", type=click.IntRange(min=policies.AS_SHIPPED), required=False)
def diff(before: int | None, after: int | None) -> None:
    """Show what differs from version BEFORE to AFTER: words, weights, sentences.

    AFTER is the version in force unless given, BEFORE the one before AFTER.
    """
    with store.opened(WORDS) as database, database.reading() as session:
        second = _in_force(session)[0] if after is None else after
        first = max(second - 1, policies.AS_SHIPPED) if before is None else before
        old, new = (words_of(policies.body_of(session, POLICY, one)) for one in (first, second))
    base = _files()
    changes = [asdict(one) for one in differences(base, old, new)]
    say(
        {
            "from": first,
            "to": second,
            "added": [one for one in changes if one["before"] is None],
            "removed": [one for one in changes if one["after"] is None],
            "changed": [one for one in changes if None not in (one["before"], one["after"])],
            "sentences": sentences(moved(load_sentences(), taught(base, old), taught(base, new))),
        }
    )


@lexicon.command("list")
def list_versions() -> None:
    """Show every version, the one in force first: when, by whom, how many words, why."""
    with store.opened(WORDS) as database, database.reading() as session:
        for one in policies.history(session, POLICY):
            by = "operator" if one.author_id is None else f"person {one.author_id}"
            why = one.reason or ""
            if one.reverted_from is not None:
                why = f"as version {one.reverted_from} {why}"
            click.echo(
                f"{one.version:<5} {one.at.astimezone(LOCAL):%Y-%m-%d %H:%M} {by:<14}"
                f" {len(words_of(one.body)):>4} words  {why}".rstrip()
            )


def _files() -> Lexicon:
    return load_lexicon(words_cache(Settings()))


def _in_force(session: Session) -> tuple[int, Words]:
    """With the classes that staff added, which words may be taught for."""
    naming.follow(session)
    found = policies.current(session, POLICY)
    return (found.version, words_of(found.body)) if found else (policies.AS_SHIPPED, {})


def _json(file: Any) -> object:
    try:
        return json.load(file)
    except (ValueError, RecursionError) as problem:  # UTF-8 and JSON both
        raise click.ClickException(f"not JSON: {problem}") from problem


def _change(given: object, base: Lexicon) -> Change:
    try:
        return read_change(given, base)
    except NotTeachable as refusal:
        for problem in refusal.problems:
            click.echo(problem, err=True)
        raise click.ClickException("nothing was changed") from refusal


def _checked(base: Lexicon, words: Words, after: Words) -> list[Moved]:
    """The sentences that move, or the end of the command when one of them breaks."""
    differing = moved(load_sentences(), taught(base, words), taught(base, after))
    if breaks := [one for one in differing if one.is_broken]:
        for one in sentences(breaks):
            click.echo(json.dumps(one, ensure_ascii=False), err=True)
        raise click.ClickException(
            f"{len(breaks)} sentence(s) of the regression set would be misunderstood; "
            "nothing was changed"
        )
    return differing


def _person(session: Session, account: str, openid: str | None) -> int | None:
    return person_named(session, account, openid) if openid else None
