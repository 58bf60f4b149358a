"""What may happen to a notice, in which state, by whom: one table."""

from dataclasses import dataclass
from enum import StrEnum

from models.notices.table import NoticeState


class NoticeAction(StrEnum):
    """公示动作 — what somebody, or the clock, does with a notice."""

    REVISE = "revise"
    ASK_REVIEW = "ask_review"
    REVIEW = "review"
    SEND_BACK = "send_back"
    SCHEDULE = "schedule"
    PUBLISH = "publish"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"


AUTHORS, REVIEWERS, CLOCK = "authors", "reviewers", "clock"


@dataclass(frozen=True)
class NoticeTransition:
    """公示流转 — where an action leads, who may take it, and what the log calls it."""

    target: NoticeState
    by: str
    verb: str


DRAFTED = NoticeTransition(NoticeState.DRAFT, AUTHORS, "notice_drafted")
_REVISE = NoticeTransition(NoticeState.DRAFT, AUTHORS, "notice_revised")
_ASK = NoticeTransition(NoticeState.DRAFT, AUTHORS, "notice_review_asked")
_REVIEW = NoticeTransition(NoticeState.REVIEWED, REVIEWERS, "notice_reviewed")
_SEND_BACK = NoticeTransition(NoticeState.DRAFT, REVIEWERS, "notice_sent_back")
_SCHEDULE = NoticeTransition(NoticeState.SCHEDULED, REVIEWERS, "notice_scheduled")
_WITHDRAW = NoticeTransition(NoticeState.WITHDRAWN, AUTHORS, "notice_withdrawn")
_PUBLISH = NoticeTransition(NoticeState.PUBLISHED, CLOCK, "notice_published")
_ARCHIVE = NoticeTransition(NoticeState.ARCHIVED, CLOCK, "notice_archived")

# A text that changes after its review goes back to the draft, and is reviewed again. A correction
# leaves what is out as it is: it is a notice of its own.
TRANSITIONS: dict[tuple[NoticeState, NoticeAction], NoticeTransition] = {
    (NoticeState.DRAFT, NoticeAction.REVISE): _REVISE,
    (NoticeState.DRAFT, NoticeAction.ASK_REVIEW): _ASK,
    (NoticeState.DRAFT, NoticeAction.REVIEW): _REVIEW,
    (NoticeState.DRAFT, NoticeAction.SEND_BACK): _SEND_BACK,
    (NoticeState.DRAFT, NoticeAction.WITHDRAW): _WITHDRAW,
    (NoticeState.REVIEWED, NoticeAction.REVISE): _REVISE,
    (NoticeState.REVIEWED, NoticeAction.SEND_BACK): _SEND_BACK,
    (NoticeState.REVIEWED, NoticeAction.SCHEDULE): _SCHEDULE,
    (NoticeState.REVIEWED, NoticeAction.WITHDRAW): _WITHDRAW,
    (NoticeState.SCHEDULED, NoticeAction.REVISE): _REVISE,
    (NoticeState.SCHEDULED, NoticeAction.SCHEDULE): _SCHEDULE,
    (NoticeState.SCHEDULED, NoticeAction.PUBLISH): _PUBLISH,
    (NoticeState.SCHEDULED, NoticeAction.WITHDRAW): _WITHDRAW,
    (NoticeState.PUBLISHED, NoticeAction.CORRECT): NoticeTransition(
        NoticeState.PUBLISHED, AUTHORS, "notice_corrected"
    ),
    (NoticeState.PUBLISHED, NoticeAction.ARCHIVE): _ARCHIVE,
    (NoticeState.ARCHIVED, NoticeAction.CORRECT): NoticeTransition(
        NoticeState.ARCHIVED, AUTHORS, "notice_corrected"
    ),
}

NOT_BY_AUTHOR = frozenset({NoticeAction.REVIEW, NoticeAction.SEND_BACK})
