"""The end: the leader closes it, a second person reviews the result sheet, the clock publishes."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.masking import masked
from models.notices import actions as notices
from models.notices.table import Notice
from models.operations import clock, planning, sides, telling
from models.operations.flow import ENDED, OperationAction
from models.operations.steps import STEPS
from models.operations.table import Operation

KIND = "operation_result"  # a row of config/notices.toml


def end(
    session: Session, operation: Operation, *, title: str, body: str, by: int, at: datetime
) -> Notice:
    """Nothing more is counted. The result sheet is a notice and goes the way of every notice."""
    is_again = telling.was_told(session, operation, ENDED)
    sheet = notices.draft(
        session,
        kind=KIND,
        title=masked(title),
        body=masked(body),
        area_id=operation.area_id,
        by=by,
        at=at,
        account=operation.account,
    )
    step = STEPS.begin(session, operation, OperationAction.END, by=by, at=at)
    operation.ended_at, operation.notice_id = at, sheet.id
    clock.set_clock(operation, at)
    planning.stop_listening(session, operation, at)
    session.flush()
    said = step.said(
        parties={
            "reviewers": sides.reviewers(session, operation, at),
            "members": [] if is_again else sides.coming(session, operation),
        },
        detail={"notice": sheet.id},
        context={"sheet_title": sheet.title, "sheet": sheet.body},
    )
    telling.tell(session, operation, said)
    return sheet


def approve(session: Session, operation: Operation, *, by: int, at: datetime) -> Notice:
    """A second person stands by the sheet: the clock publishes it with its next round."""
    sheet = session.get_one(Notice, operation.notice_id)
    notices.review(session, sheet, by=by, at=at)
    notices.schedule(session, sheet, publish_at=at, by=by, at=at)
    return sheet


def send_back(
    session: Session, operation: Operation, reason: str, *, by: int, at: datetime
) -> None:
    """Something is not right yet: the leader corrects it on site's timeline and ends it anew."""
    step = STEPS.begin(session, operation, OperationAction.SEND_BACK, by=by, at=at, words=reason)
    go_on(session, operation, by=by, at=at)
    leader = sides.leader_of(session, operation, at) or operation.leader_id
    said = step.said(parties={"leader": [leader]}, words=reason.strip())
    telling.tell(session, operation, said)


def go_on(session: Session, operation: Operation, *, by: int, at: datetime) -> None:
    """Counting goes on; the sheet of before is put away."""
    notices.withdraw(session, session.get_one(Notice, operation.notice_id), by=by, at=at)
    count_on(session, operation, at)


def count_on(session: Session, operation: Operation, at: datetime) -> None:
    operation.ended_at = operation.notice_id = None
    clock.set_clock(operation, at)
    leader = sides.leader_of(session, operation, at) or operation.leader_id
    planning.listen(session, operation, [*sides.coming(session, operation), leader], at)
