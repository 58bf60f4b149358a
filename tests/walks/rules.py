"""What may happen to a ticket, written down apart from the table of the code that is walked."""

from models.ticket_flow import Action

_OPEN = "reported dispatched accepted in_progress suspended"
_ASKED = "dispatched accepted in_progress"
_MOVING = "reported dispatched accepted in_progress"

# Action → the states that know it, and who may take it there.
RULES: dict[str, tuple[str, str]] = {
    "dispatch": ("reported dispatched", "supervisor clock"),
    "accept": (_ASKED, "owner helper"),
    "start": ("accepted", "owner helper"),
    "send_back": (_ASKED, "owner"),
    "transfer": (_ASKED, "owner supervisor"),
    "suspend": (_ASKED, "owner supervisor"),
    "resume": ("suspended", "owner supervisor clock"),
    "resolve": ("accepted in_progress", "owner helper supervisor"),
    "rate": ("resolved", "reporter"),
    "reopen": ("resolved", "reporter supporter supervisor"),
    "escalate": (_MOVING, "supervisor clock"),
    "merge": (_OPEN, "reporter supervisor clock"),
    "unmerge": ("merged", "supervisor"),
    "withdraw": (_OPEN, "reporter"),
    "archive": ("resolved", "supervisor clock"),
    "undo": (f"{_OPEN} resolved archived merged withdrawn", "reporter owner helper supervisor"),
    "decline": (_ASKED, "helper"),
    "set_urgency": (_OPEN, "supervisor"),
}

# Whoever is the right person in the right state may always do these; nothing else is asked.
PLAIN = frozenset({"start", "resume", "resolve", "rate", "withdraw", "archive", "decline"})

NEEDS_WORDS = frozenset(
    {"send_back", "transfer", "suspend", "resolve", "escalate", "merge", "set_urgency"}
)

# Event → every change of state it may stand for.
EDGES: dict[str, str] = {
    "ticket_opened": "->reported",
    "ticket_dispatched": "reported->dispatched dispatched->dispatched",
    "emergency_dispatched": "reported->dispatched dispatched->dispatched",
    "ticket_accepted": "dispatched->accepted accepted->accepted in_progress->in_progress",
    "ticket_started": "accepted->in_progress",
    "ticket_sent_back": "dispatched->dispatched accepted->dispatched in_progress->dispatched",
    "ticket_transferred": "dispatched->dispatched accepted->dispatched in_progress->dispatched",
    "ticket_relieved": (
        "reported->dispatched dispatched->dispatched accepted->dispatched in_progress->dispatched "
        "suspended->suspended"
    ),
    "ticket_suspended": "dispatched->suspended accepted->suspended in_progress->suspended",
    "ticket_resumed": "suspended->dispatched suspended->accepted suspended->in_progress",
    "ticket_resolved": "accepted->resolved in_progress->resolved",
    "ticket_rated": "resolved->archived",
    "ticket_reopened": "resolved->dispatched",
    "ticket_escalated": " ".join(f"{one}->dispatched" for one in _MOVING.split()),
    "ticket_merged": " ".join(f"{one}->merged" for one in _OPEN.split()),
    "ticket_unmerged": "merged->dispatched",
    "ticket_withdrawn": " ".join(f"{one}->withdrawn" for one in _OPEN.split()),
    "ticket_left_to_others": " ".join(f"{one}->{one}" for one in _OPEN.split()),
    "ticket_archived": "resolved->archived",
    "ticket_declined": " ".join(f"{one}->{one}" for one in _ASKED.split()),
    "ticket_urgency_set": " ".join(f"{one}->{one}" for one in _OPEN.split()),
}


def is_known(state: str, action: Action) -> bool:
    return state in RULES[action][0].split()


def may_be_done_by(action: Action) -> frozenset[str]:
    return frozenset(RULES[action][1].split())


def is_edge(verb: str, old: str | None, new: str | None) -> bool:
    """Whether the log may say so. What only tells something leaves the state as it is."""
    if verb not in EDGES:
        return old == new
    return f"{old or ''}->{new}" in EDGES[verb].split()
