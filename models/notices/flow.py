"""What may happen to a notice, in which state, by whom: one table."""

from enum import StrEnum

from models.moves import Flow, to
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


class Side(StrEnum):
    """公示的一方 — what somebody is to a notice; the first two are posts of config/notices.toml."""

    AUTHORS = "authors"
    REVIEWERS = "reviewers"
    SECOND = "second"  # a reviewer who did not write it
    CLOCK = "clock"


AUTHORS, REVIEWERS = Side.AUTHORS, Side.REVIEWERS
UNCORRECTED, SETTLED = "uncorrected", "settled"

_S, _A = NoticeState, NoticeAction

DRAFTED = to(_S.DRAFT, "notice_drafted", AUTHORS)
_REVISE = to(_S.DRAFT, "notice_revised", AUTHORS)
_SEND_BACK = to(_S.DRAFT, "notice_sent_back", Side.SECOND, needs_words=True)
_SCHEDULE = to(_S.SCHEDULED, "notice_scheduled", REVIEWERS)
_WITHDRAW = to(_S.WITHDRAWN, "notice_withdrawn", AUTHORS)

# A text that changes after its review goes back to the draft, and is reviewed again. A correction
# leaves what is out as it is: it is a notice of its own.
MOVES = {
    (_S.DRAFT, _A.REVISE): _REVISE,
    (_S.DRAFT, _A.ASK_REVIEW): to(_S.DRAFT, "notice_review_asked", AUTHORS),
    (_S.DRAFT, _A.REVIEW): to(_S.REVIEWED, "notice_reviewed", Side.SECOND),
    (_S.DRAFT, _A.SEND_BACK): _SEND_BACK,
    (_S.DRAFT, _A.WITHDRAW): _WITHDRAW,
    (_S.REVIEWED, _A.REVISE): _REVISE,
    (_S.REVIEWED, _A.SEND_BACK): _SEND_BACK,
    (_S.REVIEWED, _A.SCHEDULE): _SCHEDULE,
    (_S.REVIEWED, _A.WITHDRAW): _WITHDRAW,
    (_S.SCHEDULED, _A.REVISE): _REVISE,
    (_S.SCHEDULED, _A.SCHEDULE): _SCHEDULE,
    (_S.SCHEDULED, _A.PUBLISH): to(_S.PUBLISHED, "notice_published", Side.CLOCK),
    (_S.SCHEDULED, _A.WITHDRAW): _WITHDRAW,
    (_S.PUBLISHED, _A.CORRECT): to(_S.PUBLISHED, "notice_corrected", AUTHORS, needs=UNCORRECTED),
    (_S.PUBLISHED, _A.ARCHIVE): to(_S.ARCHIVED, "notice_archived", Side.CLOCK, needs=SETTLED),
    (_S.ARCHIVED, _A.CORRECT): to(_S.ARCHIVED, "notice_corrected", AUTHORS, needs=UNCORRECTED),
}
FLOW = Flow("notice_group", MOVES)
