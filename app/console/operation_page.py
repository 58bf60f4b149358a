"""What the page of one joint operation shows: place and time, teams, counts, photos, its sheet."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.history import steps
from app.console.undoing import last_step
from bots import operation_sheet
from config.policy import load
from models.notices.table import Notice
from models.operations import finding, lists, sides, telling, undoing
from models.operations.flow import FLOW, REPLIED, OperationAction, Reply, Side
from models.operations.table import Finding, Member, Operation
from models.operations.telling import SUBJECT
from models.posts import UNPAID
from models.whistles.terms import departments

BUTTONS = (
    *(OperationAction.START, OperationAction.END, OperationAction.SEND_BACK),
    *(OperationAction.INVITE, OperationAction.CANCEL),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """参加人员一行 — somebody asked to come. Of volunteers who can not nobody reads a name."""

    member: Member
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """成果一行 — one finding, whose it is, its photos, and what this desk may do with it."""

    finding: Finding
    label: str
    name: str
    photos: Sequence[int]
    may_correct: bool


def shown(session: Session, desk: Desk, found: Operation) -> dict[str, Any]:
    by = desk.staff.person_id
    held = sides.held(session, found, by, desk.now)
    can = {one: FLOW.can(found.state, one, held) for one in OperationAction}
    told, photos = _findings(session, found, by, held, can[OperationAction.CORRECT])
    people = lists.people_of(session, found)
    facts, members = telling.facts(session, found), [one for one, _ in people]
    findings = [one.finding for one in told]
    draft = operation_sheet.worded(found, facts, findings, members)
    return {
        "operation": found,
        "area": facts["area"],
        "leader": facts["leader_name"] or "",
        "asked": [Asked(one, name) for one, name in people if _is_named(one)],
        "declined": sum(not _is_named(one) for one in members),
        "replies": Counter(one.reply for one in members),
        "mine": next(
            (one for one in members if can[OperationAction.REPLY] and one.person_id == by), None
        ),
        "can": can,
        "buttons": [one for one in BUTTONS if can[one]],
        "undoable": last_step(session, desk, undoing, found.id),
        "team": list(load("operations")["team"]),
        "departments": departments(),
        "may_make_ticket": can[OperationAction.FIND],
        "sums": lists.sums_of(findings),
        "told": told,
        "photos": photos,
        "kinds": finding.kinds(),
        "draft": draft,
        "sheet": session.get(Notice, found.notice_id) if found.notice_id else None,
        "steps": steps(session, SUBJECT, found.id, without=(REPLIED,)),
    }


def _findings(
    session: Session, found: Operation, by: int, held: frozenset[Side], may_correct: bool
) -> tuple[list[Told], Sequence[int]]:
    """The findings with their photos, and the photos of none."""
    photos = defaultdict(list)
    for media_id, finding_id in lists.photos_of(session, found):
        photos[finding_id].append(media_id)
    told = [
        Told(
            one,
            finding.label_of(one.kind, one.name, one.is_settled),
            name,
            photos.pop(one.id, []),
            may_correct and (one.person_id == by or Side.LEADER in held),
        )
        for one, name in lists.findings_with_names(session, found)
    ]
    return told, [photo for some in photos.values() for photo in some]


def _is_named(member: Member) -> bool:
    return member.reply != Reply.DECLINED or member.role not in UNPAID
