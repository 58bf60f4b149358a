"""What is told on site: counted at once, corrected at a word, with its photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from config.policy import load
from models import media, places
from models.errors import AlreadyDone, NotAllowed, TooLate
from models.operations import planning, sides, telling
from models.operations.flow import TICKETED, OperationAction, OperationState, Reply, Side
from models.operations.steps import STEPS
from models.operations.table import Finding, FindingPhoto, Operation
from models.places import Area
from models.telling import Said
from models.tickets import refining
from models.tickets.opening import Report, open_ticket


@dataclass(frozen=True, slots=True)
class Count:
    """一条成果 — so many of one thing, as it was read from what somebody said."""

    kind: str | None
    name: str
    count: int
    unit: str
    building: str | None = None
    is_settled: bool = True


def kinds() -> dict[str, dict[str, Any]]:
    """What is counted, in the order of the sheet."""
    rows: dict[str, dict[str, Any]] = load("operations")["kind"]
    return rows


def label_of(kind: str | None, name: str, is_settled: bool) -> str:
    """What a line of the sheet is called; of what was only found the thing, not what is done."""
    row = kinds().get(kind or "")
    if row is None:
        return name
    return str(row["label"] if is_settled else row["things"][0])


def is_countable(count: int) -> bool:
    """More at a time is a slip of the finger."""
    return 0 < count <= int(load("operations")["most_count"])


def add(
    session: Session,
    operation: Operation,
    counts: Sequence[Count],
    *,
    text: str,
    by: int,
    at: datetime,
) -> list[Finding]:
    """One message of one person, each of its counts a row; photos sent just before join it."""
    step = STEPS.begin(session, operation, OperationAction.FIND, by=by, at=at)
    rows = [
        Finding(
            operation_id=operation.id,
            person_id=by,
            kind=one.kind,
            name=one.name,
            count=one.count,
            unit=one.unit,
            building=one.building,
            is_settled=one.is_settled,
            text=text,
            at=at,
        )
        for one in counts
    ]
    session.add_all(rows)
    session.flush()
    has_come(session, operation, by=by, at=at)
    _adopt_photos(session, operation, rows[-1], at)
    detail = {
        "findings": [row.id for row in rows],
        "counts": [[row.kind, row.count, row.unit] for row in rows],
    }
    said = step.said(detail=detail, words=text)
    telling.tell(session, operation, said)
    return rows


def correct(
    session: Session,
    finding: Finding,
    *,
    by: int,
    at: datetime,
    count: int | None = None,
    kind: str | None = None,
    is_settled: bool | None = None,
) -> None:
    """Another count or another kind, by who told it or by the leader."""
    operation = session.get_one(Operation, finding.operation_id)
    step = STEPS.begin(session, operation, OperationAction.CORRECT, by=by, at=at)
    if finding.person_id != by and step.side != Side.LEADER:
        raise NotAllowed(number=operation.number)
    if finding.retracted_at is not None:
        raise AlreadyDone(number="")
    old = held(finding)
    finding.count = finding.count if count is None else count
    finding.kind = finding.kind if kind is None else kind
    finding.is_settled = finding.is_settled if is_settled is None else is_settled
    detail = {"finding": finding.id, "before": old, "after": held(finding)}
    telling.tell(session, operation, step.said(detail=detail))


def settle(session: Session, finding: Finding, *, by: int, at: datetime) -> None:
    """It was not only found: something was done about it."""
    correct(session, finding, by=by, at=at, is_settled=True)


def held(finding: Finding) -> dict[str, Any]:
    """What a correction may change."""
    return {"count": finding.count, "kind": finding.kind, "is_settled": finding.is_settled}


def has_come(session: Session, operation: Operation, *, by: int, at: datetime) -> None:
    """Who is on site has come, whether or not they answered the invitation."""
    member = sides.member_of(session, operation, by)
    if member is not None and member.reply != Reply.COMING:
        planning.reply(session, operation, Reply.COMING, by=by, at=at)


def keep_photo(
    session: Session, operation: Operation, media_id: str, *, by: int, at: datetime
) -> Finding | None:
    """A photo from the site; with what the same person told lately, which is returned."""
    if not sides.is_on_site(session, operation, by, at):
        raise NotAllowed(number=operation.number)
    finding = latest_of(session, operation, by, at)
    photo_id = media.want_photo(session, operation.account, media_id, None, by, at)
    known = select(FindingPhoto.id).where(FindingPhoto.media_id == photo_id)
    if session.scalar(known) is None:
        session.add(
            FindingPhoto(
                operation_id=operation.id,
                finding_id=finding.id if finding else None,
                media_id=photo_id,
                person_id=by,
                at=at,
            )
        )
    return finding


def latest_of(
    session: Session, operation: Operation, person_id: int, at: datetime
) -> Finding | None:
    """What this person told last, if it was lately."""
    return session.scalars(
        select(Finding)
        .where(
            Finding.operation_id == operation.id,
            Finding.person_id == person_id,
            Finding.retracted_at.is_(None),
            Finding.at > at - timedelta(minutes=load("operations")["photo_minutes"]),
        )
        .order_by(Finding.id.desc())
        .limit(1)
    ).first()


def _adopt_photos(session: Session, operation: Operation, finding: Finding, at: datetime) -> None:
    session.execute(
        update(FindingPhoto)
        .where(
            FindingPhoto.operation_id == operation.id,
            FindingPhoto.person_id == finding.person_id,
            FindingPhoto.finding_id.is_(None),
            FindingPhoto.at > at - timedelta(minutes=load("operations")["photo_minutes"]),
        )
        .values(finding_id=finding.id)
        .execution_options(synchronize_session=False)
    )


def make_ticket(session: Session, finding: Finding, *, by: int, at: datetime) -> int:
    """What could not be settled on the spot becomes a ticket with an owner and a deadline."""
    operation = session.get_one(Operation, finding.operation_id)
    if not sides.is_on_site(session, operation, by, at):
        raise NotAllowed(number=operation.number)
    if operation.state != OperationState.UNDER_WAY:
        raise TooLate(number=operation.number)
    if finding.ticket_id is not None:
        raise AlreadyDone(number=f"#{finding.ticket_id}")
    area = _area_of(session, operation, finding)
    row = kinds().get(finding.kind or "", {})
    report = Report(
        account=operation.account,
        reporter_id=by,
        text=finding.text or finding.name,
        category=row.get("category", load("operations")["usual_category"]),
        subcategory=row.get("subcategory"),
        urgency=Urgency.NORMAL,
        intent=Intent.HAZARD,
        confidence=1.0,
        area_id=area.id,
        community_id=refining.community_of(area),
        place_name=places.full_name(session, area.id),
    )
    opened = open_ticket(session, report, at)
    finding.ticket_id = opened.ticket_id
    detail = {"finding": finding.id, "ticket": opened.ticket_id}
    telling.tell(
        session, operation, Said(TICKETED, at, by, Side.MEMBER, operation.state, detail=detail)
    )
    return opened.ticket_id


def _area_of(session: Session, operation: Operation, finding: Finding) -> Area:
    """The building that was named, if it stands there."""
    area = session.get_one(Area, operation.area_id)
    if finding.building is None:
        return area
    row = places.building_in(session, area.estate_id or area.id, finding.building)
    return session.get_one(Area, row[0]) if row else area
