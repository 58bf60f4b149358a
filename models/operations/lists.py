"""Which operations there are, for whom, and what they add up to: queries only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.media import Media, MediaState
from models.notices.table import Notice, NoticeState
from models.operations.finding import kinds, label_of
from models.operations.flow import OperationState, Reply
from models.operations.table import Finding, FindingPhoto, Member, Operation
from models.people import Person
from models.posts import Role


@dataclass(frozen=True, slots=True)
class Sum:
    """合计 — one line of a result sheet. `kind` is None for what stands under its own name."""

    kind: str | None
    label: str
    count: int
    unit: str
    is_settled: bool


def concerning(session: Session, person_id: int, limit: int = 9) -> Sequence[Operation]:
    """What this person leads or was asked to, what is open first and the latest first."""
    asked = select(Member.operation_id).where(
        Member.person_id == person_id, Member.reply != Reply.DECLINED
    )
    is_open = Operation.state.in_([OperationState.PLANNED, OperationState.UNDER_WAY])
    return session.scalars(
        select(Operation)
        .where(
            or_(Operation.leader_id == person_id, Operation.id.in_(asked)),
            Operation.state != OperationState.CANCELLED,
        )
        .order_by(is_open.desc(), Operation.starts_at.desc(), Operation.id.desc())
        .limit(limit)
    ).all()


def under_way(session: Session, person_id: int) -> Sequence[Operation]:
    """Where this person is on site now, the latest first."""
    return [one for one in concerning(session, person_id) if one.state == OperationState.UNDER_WAY]


def invitations(session: Session, person_id: int) -> list[tuple[Operation, Member]]:
    """Where this person is asked to come and has said nothing yet."""
    rows = session.execute(
        select(Operation, Member)
        .join(Member, Member.operation_id == Operation.id)
        .where(
            Member.person_id == person_id,
            Member.reply == Reply.ASKED,
            Operation.state.in_([OperationState.PLANNED, OperationState.UNDER_WAY]),
        )
        .order_by(Operation.starts_at, Operation.id)
    )
    return [(operation, member) for operation, member in rows]


def waiting_for_review(session: Session) -> Sequence[Operation]:
    """Ended, with a result sheet that nobody has reviewed."""
    return session.scalars(
        select(Operation)
        .join(Notice, Notice.id == Operation.notice_id)
        .where(Operation.state == OperationState.ENDED, Notice.state == NoticeState.DRAFT)
        .order_by(Operation.id)
    ).all()


def findings(
    session: Session, operation: Operation, person_id: int | None = None
) -> Sequence[Finding]:
    """What counts, in the order it was told; of one person alone if one is named."""
    found = select(Finding).where(
        Finding.operation_id == operation.id, Finding.retracted_at.is_(None)
    )
    if person_id is not None:
        found = found.where(Finding.person_id == person_id)
    return session.scalars(found.order_by(Finding.id)).all()


def findings_with_names(session: Session, operation: Operation) -> list[tuple[Finding, str]]:
    """The same with the names of who told them, for staff."""
    rows = session.execute(
        select(Finding, Person.name)
        .join(Person, Person.id == Finding.person_id)
        .where(Finding.operation_id == operation.id, Finding.retracted_at.is_(None))
        .order_by(Finding.id)
    )
    return [(finding, name or "") for finding, name in rows]


def sums(session: Session, operation: Operation) -> list[Sum]:
    return sums_of(findings(session, operation))


def sums_of(found: Iterable[Finding]) -> list[Sum]:
    """Each kind by its unit, in the order of the file; then what stands under its own name."""
    totals: dict[tuple[str | None, str, str, bool], int] = {}
    for one in found:
        row = kinds().get(one.kind or "")
        known = row is not None and one.unit in (row["unit"], *row["same"])
        unit = row["unit"] if row is not None and known else one.unit
        label = label_of(one.kind, one.name, one.is_settled)
        key = (one.kind if row else None, label, unit, one.is_settled)
        totals[key] = totals.get(key, 0) + one.count
    order = {kind: place for place, kind in enumerate(kinds())}
    lines = [
        Sum(kind, label, count, unit, is_settled)
        for (kind, label, unit, is_settled), count in totals.items()
    ]
    return sorted(lines, key=lambda one: order.get(one.kind or "", len(order)))


def photo_count(session: Session, operation: Operation) -> int:
    found = select(func.count()).where(FindingPhoto.operation_id == operation.id)
    return session.scalar(found) or 0


def photos_of(session: Session, operation: Operation) -> list[tuple[int, int | None]]:
    """Photos that are kept, in the order they came, each with its finding if it has one."""
    rows = session.execute(
        select(FindingPhoto.media_id, FindingPhoto.finding_id)
        .join(Media, Media.id == FindingPhoto.media_id)
        .where(FindingPhoto.operation_id == operation.id, Media.state == MediaState.KEPT)
        .order_by(FindingPhoto.id)
    )
    return [(media_id, finding_id) for media_id, finding_id in rows]


def photo_in(session: Session, operation: Operation, media_id: int) -> bool:
    found = select(FindingPhoto.id).where(
        FindingPhoto.operation_id == operation.id, FindingPhoto.media_id == media_id
    )
    return session.scalar(found) is not None


def people_of(session: Session, operation: Operation) -> list[tuple[Member, str]]:
    """Who was asked to come, in that order, with their names."""
    rows = session.execute(
        select(Member, Person.name)
        .join(Person, Person.id == Member.person_id)
        .where(Member.operation_id == operation.id)
        .order_by(Member.id)
    )
    return [(member, name or "") for member, name in rows]


def came(members: Iterable[Member]) -> list[tuple[Role, str | None]]:
    """Roles and departments that came; never a person."""
    found = ((one.role, one.department) for one in members if one.reply == Reply.COMING)
    return list(dict.fromkeys(found))
