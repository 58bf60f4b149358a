"""The archive: whoever changes, cuts or adds something behind our back is found out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from models.base import Base, Database
from models.migrate import migrate
from models.notices import actions, chain, objections
from models.notices.chain import BEGINNING, Break, Flaw
from models.notices.table import ArchiveLink, Notice, Objection
from tests import factories

NOW = factories.MORNING
LATER = NOW + timedelta(days=30)
FOUR = 4

Tamper = Callable[[Session, list[int]], object]


def archived(session: Session, title: str = "一季度收支", objection: str = "") -> Notice:
    author, second = (factories.demo_person(session, "community_staff", n) for n in (1, 2))
    notice = actions.draft(
        session,
        kind="income_expense",
        title=title,
        body="结余 4000 元",
        area_id=factories.area_named(session, factories.ESTATE).id,
        by=author,
        at=NOW,
    )
    actions.review(session, notice, by=second, at=NOW)
    actions.schedule(session, notice, publish_at=NOW, by=second, at=NOW)
    actions.publish(session, notice, at=NOW)
    if objection:
        who = factories.demo_person(session, "resident")
        said = objections.object_to(session, notice, objection, by=who, at=NOW, account="main")
        objections.answer(session, said, "已核对，账目无误", by=second, at=NOW)
    actions.archive(session, notice, at=LATER)
    return notice


@pytest.fixture
def archive(store: Database) -> tuple[Database, list[int]]:
    """Four links, the second with an objection that was answered."""
    factories.town(store)
    with store.writing() as session:
        assert chain.verify(session) == chain.Verdict(0, BEGINNING, None)
        said = ["", "少算了一个月", "", ""]
        return store, [archived(session, f"第{n}份", said[n]).id for n in range(FOUR)]


def test_each_link_follows_from_the_one_before(archive: tuple[Database, list[int]]) -> None:
    store, ids = archive
    with store.reading() as session:
        links = [chain.link_of(session, one) for one in ids]
        verdict = chain.verify(session)
    assert [one.position for one in links if one] == [1, 2, 3, 4]
    assert verdict.broken is None and verdict.links == FOUR
    with store.reading() as session:
        assert chain.verify(session, after=2) == verdict, "from a link that is known to hold"
    assert links[-1] is not None and verdict.head == links[-1].link_hash
    assert len({one.link_hash for one in links if one}) == FOUR


def _notice(**values: object) -> Tamper:
    return lambda session, ids: session.execute(
        update(Notice).where(Notice.id == ids[1]).values(**values)
    )


def _link(**values: object) -> Tamper:
    return lambda session, ids: session.execute(
        update(ArchiveLink).where(ArchiveLink.notice_id == ids[1]).values(**values)
    )


def _rewritten(session: Session, ids: list[int]) -> None:
    """Text, content and both hashes of one link, all of a piece: the next link gives it away."""
    _notice(body="结余 9000 元")(session, ids)
    link = chain.link_of(session, ids[1])
    assert link is not None
    link.content = link.content.replace("4000", "9000")
    link.content_hash = chain._hash(link.content)
    link.link_hash = chain._bound(link.position, link.previous_hash, link.content_hash)


def _cut(place: int) -> Tamper:
    return lambda session, ids: session.execute(
        delete(ArchiveLink).where(ArchiveLink.notice_id == ids[place])
    )


def _answer(session: Session, ids: list[int]) -> None:
    session.execute(
        update(Objection).where(Objection.notice_id == ids[1]).values(answer="已更正，退回 300 元")
    )


TAMPERED: list[tuple[Tamper, int, Flaw]] = [
    (_notice(body="结余 9000 元"), 1, Flaw.NOTICE),
    (_notice(title="第1份（改）"), 1, Flaw.NOTICE),
    (_notice(window_ends_at=NOW), 1, Flaw.NOTICE),
    (_notice(state="published", archived_at=None), 1, Flaw.NOTICE),
    (_answer, 1, Flaw.NOTICE),
    (_link(content="{}"), 1, Flaw.CONTENT),
    (_link(content_hash="0" * 64), 1, Flaw.CONTENT),
    (_link(link_hash="0" * 64), 1, Flaw.CHAIN),
    (_link(previous_hash="f" * 64), 1, Flaw.CHAIN),
    (_rewritten, 2, Flaw.CHAIN),
    (_cut(0), 1, Flaw.GAP),
    (_cut(1), 2, Flaw.GAP),
    (_cut(3), 3, Flaw.MISSING),
]


def test_the_first_place_that_somebody_changed_is_named(
    archive: tuple[Database, list[int]],
) -> None:
    store, ids = archive
    for number, (tamper, place, flaw) in enumerate(TAMPERED):
        with store.writing() as session:
            tamper(session, ids)
            session.flush()
            session.expire_all()
            broken = chain.verify(session).broken
            session.rollback()
        assert broken is not None, number
        assert (broken.flaw, broken.notice_id) == (flaw, ids[place]), number
        if flaw != Flaw.GAP:
            assert broken == Break(place + 1, ids[place], flaw), number
    with store.reading() as session:
        assert chain.verify(session).broken is None, "every attempt was taken back"


def test_a_hash_that_was_noted_shows_that_the_end_was_rewritten(
    archive: tuple[Database, list[int]],
) -> None:
    store, ids = archive
    with store.reading() as session:
        noted = chain.verify(session).head
        assert chain.verify(session, noted).was_seen
    with store.writing() as session:
        _cut(3)(session, ids)
        session.execute(update(Notice).where(Notice.id == ids[3]).values(body="结余 9000 元"))
        chain.append(session, session.get_one(Notice, ids[3]))
    with store.reading() as session:
        verdict = chain.verify(session, noted)
    assert verdict.broken is None, "from inside nothing is seen"
    assert verdict.was_seen is False, "from outside it is"


def test_erasing_what_was_objected_leaves_the_archive_whole_on_any_number_of_pages(
    archive: tuple[Database, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = archive
    monkeypatch.setattr(chain, "PAGE", 3)
    with store.writing() as session:
        session.execute(update(Objection).values(text=None))
    with store.reading() as session:
        verdict = chain.verify(session)
    assert (verdict.links, verdict.broken) == (FOUR, None)


def test_what_was_archived_before_there_was_a_chain_begins_it(
    store: Database,
) -> None:
    Base.metadata.drop_all(store.writer)
    migrate(store)
    factories.town(store)
    with store.writing() as session:
        ids = [archived(session, f"第{n}份", "少算了" if n else "").id for n in range(2)]
        head = chain.verify(session).head
    migrate(store, "0018")
    migrate(store)
    with store.reading() as session:
        verdict = chain.verify(session)
        first = chain.link_of(session, ids[0])
    assert (verdict.links, verdict.broken) == (2, None)
    assert verdict.head == head, "made again from the same notices, it is the same chain"
    assert first is not None and first.previous_hash == BEGINNING
