"""One human being who writes to several accounts: told by the union id, and made one person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from models import events, homes, sign_ins, staff_accounts, takeovers
from models.conversations import Question
from models.digests import earlier
from models.events import Fact
from models.exports import Export
from models.hazards.table import Hazard
from models.homes import Home
from models.imports.table import ImportSheet
from models.legacy.table import ForceMember, LegacyProblem, Progress
from models.matchings.table import Matched
from models.media import Media
from models.notices.table import NoticeRead, Objection, PersonTag
from models.operations.table import Finding, FindingPhoto, Member, Operation
from models.outbox import Delivery, OutboxMessage
from models.patrols import rounds
from models.patrols.table import Round
from models.people import Identity, Person
from models.posts import Post
from models.reports import readers
from models.roster.invitations import Invitation
from models.takeovers import Takeover
from models.tickets import supporting
from models.tickets.table import Assignment, Note, Supporter, Ticket
from models.whistles.table import Whistle, WhistleCall

# What goes over as it is. Events stay: they say who it was then.
_MOVED = (
    Identity.person_id,
    Post.person_id,
    Question.person_id,
    Assignment.person_id,
    Ticket.reporter_id,
    Ticket.owner_id,
    Note.author_id,
    Objection.person_id,
    Media.person_id,
    Home.asked_id,
    Takeover.resident_id,
    Takeover.staff_id,
    Hazard.finder_id,
    Hazard.moved_by,
    Round.person_id,
    Whistle.caller_id,
    WhistleCall.person_id,
    LegacyProblem.opened_by,
    Progress.author_id,
    Operation.leader_id,
    Finding.person_id,
    FindingPhoto.person_id,
    Invitation.person_id,
    ImportSheet.maker_id,
    Export.maker_id,
)


def to_look_up(session: Session, limit: int) -> Sequence[Identity]:
    """Identities whose union id nobody has asked for yet, oldest first."""
    return session.scalars(
        select(Identity)
        .where(text("identities.looked_up_at IS NULL"), Identity.is_following.is_(True))
        .order_by(Identity.id)
        .limit(limit)
    ).all()


def learn(session: Session, identity_id: int, union_id: str | None, now: datetime) -> int:
    """What the platform answered; returns the person the identity belongs to from now on.

    Two persons with one union id become the one who was known first.
    """
    identity = session.get_one(Identity, identity_id)
    identity.looked_up_at = now
    if not union_id:
        return identity.person_id
    known = session.scalar(select(Person).where(Person.union_id == union_id))
    person = session.get_one(Person, identity.person_id)
    if known is None:
        person.union_id = union_id
        return person.id
    if known.id == person.id:
        return person.id
    stays, goes = sorted((known, person), key=lambda one: one.id)
    goes.union_id = None
    session.flush()
    stays.union_id = union_id
    _merge(session, stays, goes, now)
    return stays.id


def _merge(session: Session, stays: Person, goes: Person, now: datetime) -> None:
    homes.hand_over(session, goes.id, stays.id)
    earlier.hand_over(session, goes.id, stays.id)
    readers.hand_over(session, goes.id, stays.id)
    # Nobody talks to themselves, and nobody is talked to twice at a time.
    takeovers.end_silently(session, goes.id, now)
    sign_ins.end_all(session, goes.id, now)
    rounds.end_all(session, goes.id, now)
    staff_accounts.merge(session, stays.id, goes.id)
    for column in _MOVED:
        session.execute(
            update(column.class_)
            .where(column == goes.id)
            .values({column.key: stays.id})
            .execution_options(synchronize_session=False)
        )
    _hand_over_messages(session, stays, goes)
    _merge_lists(session, stays, goes)
    stays.name = stays.name or goes.name
    if stays.phone is None:
        stays.phone, stays.phone_hash = goes.phone, goes.phone_hash
    goes.merged_into = stays.id
    session.flush()
    session.expire_all()
    _settle_supporters(session, stays, now)
    events.record(
        session,
        Fact(
            verb="person_merged",
            subject_kind="person",
            subject_id=stays.id,
            at=now,
            detail={"merged": goes.id},
        ),
    )


def _hand_over_messages(session: Session, stays: Person, goes: Person) -> None:
    """What has left already stays where it was sent."""
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.person_id == goes.id,
            OutboxMessage.state.in_([Delivery.QUEUED, Delivery.HELD]),
        )
        .values(person_id=stays.id)
        .execution_options(synchronize_session=False)
    )


def _settle_supporters(session: Session, person: Person, now: datetime) -> None:
    """Nobody stands behind a report of their own."""
    joined = select(Supporter.ticket_id).where(Supporter.person_id == person.id)
    for ticket_id in session.scalars(joined).all():
        supporting.settle(session, ticket_id, now)


def _merge_lists(session: Session, stays: Person, goes: Person) -> None:
    """What may be there once a person: moved where it is missing, dropped where it is double."""
    for person, subject in (
        (Supporter.person_id, Supporter.ticket_id),
        (NoticeRead.person_id, NoticeRead.notice_id),
        (PersonTag.person_id, PersonTag.tag),
        (Matched.person_id, Matched.matching_id),
        (Member.person_id, Member.operation_id),
        (ForceMember.person_id, ForceMember.problem_id),
    ):
        row = person.class_
        has = select(subject).where(person == stays.id).scalar_subquery()
        session.execute(
            delete(row)
            .where(person == goes.id, subject.in_(has))
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(row)
            .where(person == goes.id)
            .values({person.key: stays.id})
            .execution_options(synchronize_session=False)
        )
