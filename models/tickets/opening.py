"""Opens a ticket: the hot path of the house, a handful of statements compiled once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from models import dispatch, events, on_duty, work_calendars
from models.dispatch import Plan
from models.dispatch_changes import changes_at
from models.events import Fact
from models.hazards import entering
from models.insertion import Insertion
from models.on_duty import Holder
from models.places import root_area_id
from models.posts import Role
from models.sla import ServiceTerms
from models.ticket_flow import Level, State
from models.tickets import clock, facts, gaps
from models.tickets.levels import level_of
from models.tickets.table import About, Answer, Assignment, Part, Ticket


class Report(Struct, frozen=True, gc=False):
    """诉求 — what a resident said, understood and placed as far as it could be."""

    account: str
    reporter_id: int
    text: str
    category: str
    subcategory: str | None
    urgency: Urgency
    intent: Intent
    confidence: float
    evidence: Sequence[tuple[str, float]] = ()
    emergency: str | None = None
    about: About | None = None
    hides_reporter: bool = False
    area_id: int | None = None
    community_id: int | None = None
    place_name: str | None = None
    spot: str | None = None
    things: frozenset[str] = frozenset()  # that the words name
    is_class_known: bool = True
    hazard_id: int | None = None  # passed up out of the ledger by its finder, who is not asked


class Opened(Struct, frozen=True, gc=False):
    """受理结果 — what the resident is told at once."""

    ticket_id: int
    owner: Holder | None
    context: dict[str, Any]
    alerted: tuple[Role, ...] = ()  # of an emergency, beside its owner


_TICKET_COLUMNS = (
    *("account", "reporter_id", "text", "category", "subcategory", "urgency", "intent"),
    *("emergency", "confidence", "evidence", "things", "about", "hides_reporter", "area_id"),
    *("community_id", "place_name", "spot", "state", "level", "owner_post_id", "owner_id"),
    *("opened_at", "accept_due_at", "resolve_due_at", "clock_at", "clock_step"),
)
_ASSIGNMENT_COLUMNS = ("ticket_id", "post_id", "person_id", "part", "answer", "asked_at")


_tickets = Insertion(Ticket.__table__, _TICKET_COLUMNS)
_assignments = Insertion(Assignment.__table__, _ASSIGNMENT_COLUMNS)


def open_ticket(session: Session, report: Report, now: datetime) -> Opened:
    """A new ticket with its owner, helpers, deadlines, first events and messages.

    The duty desk owns it while class or place is unknown. An empty house leaves it reported,
    without owner, for the sweep to dispatch as soon as somebody holds a post.
    """
    is_known = report.area_id is not None and report.is_class_known
    about, area_id = report.about, report.area_id or root_area_id(session)
    rule = dispatch.rule_for(
        *(report.category, report.urgency, report.intent, about, report.emergency, is_known),
        changes_at(session, report.area_id),
    )
    holders = on_duty.holders_at(session, area_id, now) if area_id else []
    accused = dispatch.accused_at(session, area_id, about, now, now) if area_id else frozenset()
    barred = accused | {report.reporter_id} if report.hazard_id else accused
    plan = dispatch.plan(holders, rule, dispatch.loads(session), barred=barred)
    terms = work_calendars.terms_at(session, area_id)
    row = _row(report, plan.owner, terms, now)
    [ticket_id] = _tickets.run(session, [row])
    _ask(session, ticket_id, plan, now)
    context = _context(ticket_id, report, row, plan.owner)
    told = _facts(ticket_id, report, row, plan, context, now)
    if report.hazard_id is None:
        told += entering.opened(session, ticket_id, row, holders, now)
    events.record(session, *told)
    if plan.gap and plan.owner is not None:
        free = [one for one in holders if one.person_id not in accused]
        gaps.tell(session, area_id, plan.gap, free, context, now)
    alerted = tuple(dict.fromkeys(one.role for one in plan.alerted))
    return Opened(ticket_id, plan.owner, context, alerted)


def _row(
    report: Report, owner: Holder | None, terms: ServiceTerms, now: datetime
) -> dict[str, Any]:
    due = terms.deadlines(report.category, report.urgency, now)
    # Nothing of a new ticket comes before the time to accept it has passed.
    return {
        "account": report.account,
        "reporter_id": report.reporter_id,
        "text": report.text,
        "category": report.category,
        "subcategory": report.subcategory,
        "urgency": report.urgency,
        "intent": report.intent,
        "emergency": report.emergency,
        "confidence": report.confidence,
        "evidence": [[word, weight] for word, weight in report.evidence],
        "things": " ".join(sorted(report.things)) or None,
        "about": report.about,
        "hides_reporter": report.hides_reporter,
        "area_id": report.area_id,
        "community_id": report.community_id,
        "place_name": report.place_name,
        "spot": report.spot,
        "state": State.DISPATCHED if owner else State.REPORTED,
        "level": level_of(owner.role) if owner else Level.ESTATE,
        "owner_post_id": owner.post_id if owner else None,
        "owner_id": owner.person_id if owner else None,
        "opened_at": now,
        "accept_due_at": due.accept_due_at,
        "resolve_due_at": due.resolve_due_at,
        "clock_at": due.accept_due_at,
        "clock_step": clock.ACCEPT,
    }


def _ask(session: Session, ticket_id: int, plan: Plan, now: datetime) -> None:
    asked = [(plan.owner, Part.OWNER)] if plan.owner else []
    asked += [(one, Part.HELPER) for one in plan.helpers]
    asked += [(one, Part.ALERTED) for one in _alerted_alone(plan)]
    rows = [
        {
            "ticket_id": ticket_id,
            "post_id": holder.post_id,
            "person_id": holder.person_id,
            "part": part,
            "answer": Answer.ASKED,
            "asked_at": now,
        }
        for holder, part in asked
    ]
    _assignments.leave(session, rows)


def _alerted_alone(plan: Plan) -> list[Holder]:
    """Who is asked to help is not alerted beside it: one message each."""
    helping = {one.person_id for one in plan.helpers}
    return [one for one in plan.alerted if one.person_id not in helping]


def _context(
    ticket_id: int, report: Report, row: dict[str, Any], owner: Holder | None
) -> dict[str, Any]:
    # Plain words: the ledger keeps them as JSON, and an enum's member takes a microsecond there.
    return {
        "ticket_id": ticket_id,
        "text": report.text,
        "category": report.category,
        "subcategory": report.subcategory,
        "urgency": report.urgency.value,
        "intent": report.intent.value,
        "emergency": report.emergency,
        "place": report.place_name,
        "spot": report.spot,
        "state": row["state"].value,
        "level": row["level"].value,
        "accept_due": row["accept_due_at"].isoformat(),
        "resolve_due": row["resolve_due_at"].isoformat(),
        "outcome": None,
        "result": None,
        "owner_role": owner.role.value if owner else None,
        "owner_name": owner.name if owner else None,
        "owner_department": owner.department if owner else None,
    }


def _facts(
    ticket_id: int,
    report: Report,
    row: dict[str, Any],
    plan: Plan,
    context: dict[str, Any],
    now: datetime,
) -> list[Fact]:
    is_emergency = report.urgency == Urgency.EMERGENCY
    opened = Fact(
        verb="ticket_opened",
        subject_kind="ticket",
        subject_id=ticket_id,
        at=now,
        account=report.account,
        actor_id=report.reporter_id,
        capacity="reporter",
        new=State.REPORTED,
        area_id=report.area_id,
        detail={name: context[name] for name in ("category", "urgency", "intent")},
    )
    if plan.owner is None:
        return [opened]
    dispatched = Fact(
        verb="emergency_dispatched" if is_emergency else "ticket_dispatched",
        subject_kind="ticket",
        subject_id=ticket_id,
        at=now,
        account=report.account,
        old=State.REPORTED,
        new=State.DISPATCHED,
        area_id=report.area_id,
        detail={"owner": plan.owner.post_id, "gap": list(plan.gap), "level": context["level"]},
        parties={
            "new_owner": [plan.owner.person_id],
            "new_helpers": [one.person_id for one in plan.helpers],
            "new_alerted": [one.person_id for one in _alerted_alone(plan)],
        },
        context=context,
        quiet=facts.quiet_of(report.urgency, State.DISPATCHED),
    )
    return [opened, dispatched]
