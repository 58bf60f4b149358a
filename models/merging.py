"""Two persons turn out to be one: what was the one's becomes the other's. Never taken back."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import events, homes, sign_ins, staff_accounts, takeovers
from models.conversations import Question
from models.digests import earlier
from models.events import Fact
from models.exports import Export
from models.hazards.table import Hazard
from models.homes import Home
from models.hotline.table import HotlineBatch, HotlineOrder
from models.imports.table import ImportSheet
from models.legacy.table import ForceMember, LegacyProblem, Progress
from models.matchings.table import Matched
from models.media import Media
from models.mediations.table import Mediation
from models.notices.table import Notice, NoticeRead, Objection, PersonTag
from models.open311.referrals import Referral
from models.operations.table import Finding, FindingPhoto, Member, Operation
from models.outbox import Delivery, OutboxMessage
from models.patrols import rounds
from models.patrols.table import Round
from models.people import Identity, Person
from models.posts import Post
from models.privacy_consents import PrivacyConsent
from models.projects.table import Project, ProjectNote
from models.reports import readers
from models.roster.invitations import Invitation
from models.saved_views import SavedView
from models.supervisions.table import Supervision, SupervisionEntry
from models.takeovers import Takeover
from models.tickets import supporting
from models.tickets.table import Assignment, Note, Supporter, Ticket
from models.whistles.table import Whistle, WhistleCall

# What goes over as it is. Events stay: they say who it was then.
MOVED: tuple[InstrumentedAttribute[int] | InstrumentedAttribute[int | None], ...] = (
    Identity.person_id,
    Post.person_id,
    Question.person_id,
    Assignment.person_id,
    Ticket.reporter_id,
    Ticket.owner_id,
    Note.author_id,
    Objection.person_id,
    Media.person_id,
    PrivacyConsent.person_id,
    Home.asked_id,
    Takeover.resident_id,
    Takeover.staff_id,
    Hazard.finder_id,
    Hazard.moved_by,
    Round.person_id,
    HotlineOrder.caller_id,
    HotlineBatch.maker_id,
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
    Supervision.supervisor_id,
    Supervision.person_id,
    SupervisionEntry.author_id,
    Project.made_by,
    Referral.asked_by,
    ProjectNote.author_id,
    Mediation.mediator_id,
    Person.merged_into,  # who had become the one that goes
)

# What may be there once a person for each of these.
ONCE = (
    (Supporter.person_id, Supporter.ticket_id),
    (NoticeRead.person_id, NoticeRead.notice_id),
    (PersonTag.person_id, PersonTag.tag),
    (Matched.person_id, Matched.matching_id),
    (Member.person_id, Member.operation_id),
    (ForceMember.person_id, ForceMember.problem_id),
    (SavedView.person_id, SavedView.name),
)


def merge(
    session: Session, one: Person, other: Person, at: datetime, *, by: int | None = None
) -> Person:
    """Who was known first stays, and is returned. `by` is None where the platform told it."""
    stays, goes = sorted((one, other), key=lambda each: each.id)
    union_id = stays.union_id or goes.union_id
    goes.union_id = None
    session.flush()
    stays.union_id = union_id
    _hand_over(session, stays, goes, at)
    stays.name = stays.name or goes.name
    if stays.phone is None:
        stays.phone, stays.phone_hash = goes.phone, goes.phone_hash
    goes.merged_into = stays.id
    session.flush()
    session.expire_all()
    _settle_supporters(session, stays, at)
    events.record(
        session,
        Fact(
            verb="person_merged",
            subject_kind="person",
            subject_id=stays.id,
            at=at,
            actor_id=by,
            detail={"merged": goes.id},
        ),
    )
    return stays


def _hand_over(session: Session, stays: Person, goes: Person, at: datetime) -> None:
    homes.hand_over(session, goes.id, stays.id)
    earlier.hand_over(session, goes.id, stays.id)
    readers.hand_over(session, goes.id, stays.id)
    # Nobody talks to themselves, and nobody is talked to twice at a time.
    takeovers.end_silently(session, goes.id, at)
    sign_ins.end_all(session, goes.id, at)
    rounds.end_all(session, goes.id, at)
    staff_accounts.merge(session, stays.id, goes.id)
    for column in MOVED:
        session.execute(
            update(column.class_)
            .where(column == goes.id)
            .values({column.key: stays.id})
            .execution_options(synchronize_session=False)
        )
    _hand_over_messages(session, stays, goes)
    _hand_over_drafts(session, stays, goes)
    _merge_lists(session, stays, goes)


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


def _hand_over_drafts(session: Session, stays: Person, goes: Person) -> None:
    """So that nobody reviews their own text; what is reviewed is bound into the archive."""
    session.execute(
        update(Notice)
        .where(Notice.author_id == goes.id, Notice.reviewer_id.is_(None))
        .values(author_id=stays.id)
        .execution_options(synchronize_session=False)
    )


def _settle_supporters(session: Session, person: Person, at: datetime) -> None:
    """Nobody stands behind a report of their own."""
    joined = select(Supporter.ticket_id).where(Supporter.person_id == person.id)
    for ticket_id in session.scalars(joined).all():
        supporting.settle(session, ticket_id, at)


def _merge_lists(session: Session, stays: Person, goes: Person) -> None:
    """Moved where it is missing, dropped where it is double."""
    for person, subject in ONCE:
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
