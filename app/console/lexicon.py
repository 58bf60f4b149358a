"""Where a word weighs 查词, and how a sentence is understood 试一句; changes go to the settings."""

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.editable import body_in_force
from app.console.rendering import render
from app.console.settings_lexicon import TaughtWords
from bots.taught import LONGEST
from bots.teaching import Teacher
from bots.understand import understand
from config.categories import categories
from models import policies

LONGEST_SENTENCE = 200


@page("/lexicon")
def lexicon(desk: Desk) -> Any:
    word = request.args.get("word", "").strip()[:LONGEST]
    sentence = request.args.get("say", "").strip()[:LONGEST_SENTENCE]
    with desk.reading() as session:
        version, teacher = _in_force(session, desk)
        by = desk.staff.person_id
        may_edit = policies.may_edit(session, TaughtWords(desk).name, by, desk.now)
    return render(
        "lexicon.html",
        word=word,
        weighings=teacher.weighings(word) if word else (),
        near=teacher.near(word) if word else (),
        sentence=sentence,
        meant=understand(sentence, desk.office.lexicon()) if sentence else None,
        after=version,
        taught=sum(map(len, teacher.words.values())),
        may_edit=may_edit,
        categories=categories(),
    )


def _in_force(session: Session, desk: Desk) -> tuple[int, Teacher]:
    setting = TaughtWords(desk)
    version, body = body_in_force(session, setting)
    return version, setting.teacher(body)
