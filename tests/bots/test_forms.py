"""A matter told by a form is understood, placed, protected and joined as in chat."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bots import forms
from bots.forms import Filed, Form
from models import media
from models.base import Database
from models.errors import NotAllowed, NotFound, NothingSaid, PhotoGone, TooManyAttempts
from models.events import Event
from models.media import Media
from models.people import Identity
from models.ticket_flow import Action, Outcome, State
from models.tickets import mine, rating
from models.tickets.actions import apply
from models.tickets.recording import Channel
from models.tickets.step import Actor
from models.tickets.table import About, Note, Supporter, Ticket
from tests import factories
from tests.chat import Town
from tests.factories import MORNING

LIFT = "三号楼电梯坏了，按了没反应"
PHOTO = {"sha256": "0" * 64, "size": 9, "width": 3, "height": 3}


@pytest.fixture
def town(database: Database) -> Town:
    factories.town(database)
    return Town(database, MORNING)


def test_a_form_becomes_the_ticket_that_the_same_words_become_in_chat(town: Town) -> None:
    said = town.person("demo-resident-1").say("楼道里有人飞线充电，很危险")
    with town.database.writing() as session:
        spoken = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert spoken is not None
        assert f"#{spoken.id}" in said
        town.later(hours=2)
        filed = _file(town, session, "demo-resident-1", Form("楼道里有人飞线充电，很危险"))
        written = session.get_one(Ticket, filed.opened.ticket_id)
        for column in ("category", "subcategory", "urgency", "intent", "area_id", "about"):
            assert getattr(written, column) == getattr(spoken, column), column
        assert written.owner_id == spoken.owner_id
        assert "飞线" in "".join(filed.words)
        event = session.scalars(select(Event).where(Event.verb == "ticket_recorded")).one()
        assert event.subject_id == written.id
        assert event.detail == {"channel": "mini_program"}


def test_what_is_picked_stands_and_what_is_not_there_opens_nothing(town: Town) -> None:
    with town.database.writing() as session:
        other = factories.building(session, 2)
        form = Form(LIFT, area_id=other.id, category="noise", hides_reporter=True)
        filed = _file(town, session, "demo-resident-1", form)
        ticket = session.get_one(Ticket, filed.opened.ticket_id)
        assert (ticket.area_id, ticket.category) == (other.id, "noise")
        assert ticket.hides_reporter
        assert filed.is_class_known
    no_place, no_photo = Form(LIFT, area_id=10**6), Form(LIFT, photos=["no such photo"])
    for wrong, refusal in ((no_place, NotFound), (no_photo, PhotoGone)):
        with pytest.raises(refusal), town.database.writing() as session:
            _file(town, session, "demo-resident-1", wrong)
    with pytest.raises(NothingSaid), town.database.writing() as session:
        _file(town, session, "demo-resident-1", Form(" 　\n "))
    assert town.look(lambda session: len(session.scalars(select(Ticket)).all())) == 1


def test_a_photo_goes_with_the_form_of_its_owner_once(town: Town) -> None:
    with town.database.writing() as session:
        who, other = (_identity(session, f"demo-resident-{number}") for number in (1, 2))
        name = media.upload(session, who.person_id, now=MORNING, **PHOTO)
        late = MORNING + media.UNSENT_LIFE
    with pytest.raises(PhotoGone), town.database.writing() as session:
        _file(town, session, "demo-resident-2", Form(LIFT, photos=[name]))
    with town.database.writing() as session:
        filed = _file(town, session, "demo-resident-1", Form(LIFT, photos=[name]))
        [photo] = media.photos_of(session, filed.opened.ticket_id)
        assert photo.media_id == name
    with pytest.raises(PhotoGone), town.database.writing() as session:
        _file(town, session, "demo-resident-1", Form(LIFT, photos=[name]))
    with town.database.writing() as session:
        unsent = media.upload(session, other.person_id, now=MORNING, **PHOTO)
        media.upload(session, who.person_id, now=late, **PHOTO)
        media.upload(session, other.person_id, now=late, **PHOTO)
        media.require_room(session, other.person_id, late)
        for _ in range(media.MOST_UNSENT - 1):
            media.upload(session, other.person_id, now=late, **PHOTO)
        with pytest.raises(TooManyAttempts):
            media.require_room(session, other.person_id, late)
        names = session.scalars(select(Media.media_id)).all()
        assert name in names
        assert unsent not in names


def test_the_same_matter_of_a_neighbour_is_offered_and_joined(town: Town) -> None:
    with town.database.writing() as session:
        first = _file(town, session, "demo-resident-1", Form(LIFT)).opened.ticket_id
        filed = _file(town, session, "demo-resident-2", Form(LIFT))
        assert filed.twin is not None
        assert filed.twin["ticket_id"] == first
        ticket = session.get_one(Ticket, filed.opened.ticket_id)
        first_author, author = (_identity(session, f"demo-resident-{one}") for one in (1, 2))
        with pytest.raises(NotAllowed):
            forms.join(session, first_author, ticket, first, town.now)
        with pytest.raises(NotFound):
            forms.join(session, author, ticket, 10**6, town.now)
        forms.join(session, author, ticket, first, town.now)
        assert ticket.state == State.MERGED
        assert session.scalars(select(Supporter.person_id)).all() == [author.person_id]
        assert [one.id for one in mine.matters(session, author.person_id)] == [ticket.id, first]
        told = mine.timeline(session, session.get_one(Ticket, first), author.person_id)
        assert all(one.text is None for one in told)


def test_words_that_accuse_who_reads_the_matter_stand_apart_from_it(town: Town) -> None:
    with town.database.writing() as session:
        who = _identity(session, "demo-resident-1")
        filed = _file(town, session, "demo-resident-1", Form(LIFT))
        ticket = session.get_one(Ticket, filed.opened.ticket_id)
        for words, stays in (("按钮也坏了", True), ("物业经理骂人，态度恶劣", False)):
            said = forms.heard(words, town.lexicon, town.now)
            found = forms.supplement(session, who, ticket, words, said, town.now)
            assert (found == ticket.id) is stays
        assert session.scalars(select(Note.text)).all() == ["按钮也坏了"]
        assert session.get_one(Ticket, found).about == About.PROPERTY


def test_others_can_not_find_it_and_what_was_withdrawn_is_no_longer_listed(town: Town) -> None:
    with town.database.writing() as session:
        who, other = (_identity(session, f"demo-resident-{number}") for number in (1, 2))
        numbers = [
            _file(town, session, "demo-resident-1", Form(LIFT)).opened.ticket_id for _ in range(3)
        ]
        assert [one.id for one in mine.matters(session, who.person_id)] == numbers[::-1]
        page = mine.matters(session, who.person_id, before=numbers[2], limit=1)
        assert [one.id for one in page] == [numbers[1]]
        assert not mine.matters(session, other.person_id)
        for wrong in (numbers[0], 10**6):
            with pytest.raises(NotFound):
                mine.matter(session, other.person_id, wrong)


def test_an_unhappy_rating_takes_the_matter_up_again_once(town: Town) -> None:
    with town.database.writing() as session:
        who = _identity(session, "demo-resident-1")
        filed = _file(town, session, "demo-resident-1", Form(LIFT))
        ticket = session.get_one(Ticket, filed.opened.ticket_id)
        by = {"by": who.person_id, "at": town.now + timedelta(hours=1)}
        for stars, reopens in ((2, True), (1, False)):
            _resolve(session, ticket, town)
            assert rating.rate(session, ticket, is_solved=True, stars=stars, **by) is reopens
        assert (ticket.state, ticket.stars) == (State.ARCHIVED, 1)


def _file(town: Town, session: Session, openid: str, form: Form) -> Filed:
    said = forms.heard(form.words, town.lexicon, town.now)
    who = _identity(session, openid)
    return forms.file(session, who, form, said, Channel.MINI_PROGRAM, town.now)


def _identity(session: Session, openid: str) -> Identity:
    return session.scalars(select(Identity).where(Identity.openid == openid)).one()


def _resolve(session: Session, ticket: Ticket, town: Town) -> None:
    assert ticket.owner_id is not None
    by, at = Actor(ticket.owner_id), town.now
    apply(session, ticket, Action.ACCEPT, by=by, at=at)
    given = {"reason": "按钮换好了", "outcome": Outcome.FIXED}
    apply(session, ticket, Action.RESOLVE, by=by, at=at, **given)
