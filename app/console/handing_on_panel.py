"""What the page of a ticket shows of its way to another house, and offers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.console.beside import Beside
from app.console.ticket_page import Button
from models.open311 import referrals
from models.open311.endpoints import Endpoint
from models.open311.referrals import UNDER_WAY, Referral
from models.ticket_flow import Action
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class HandingOnShown:
    """转外地的面板 — where it was handed on, and where it may be."""

    sent: Sequence[tuple[Referral, Endpoint]] = ()
    choices: Sequence[Endpoint] = ()


def of_ticket(
    session: Session, found: Ticket, known: Beside, offered: Sequence[Button]
) -> HandingOnShown:
    """Houses without another house to hand on to are asked nothing for it."""
    if not known.has_endpoints:
        return HandingOnShown()
    pairs = referrals.beside(session, found.id)
    sent = [(referral, endpoint) for endpoint, referral in pairs if referral is not None]
    may = referrals.is_fit(found) and any(one.action == Action.RESOLVE for one in offered)
    is_under_way = any(referral.state in UNDER_WAY for referral, _ in sent)
    choices = {one.id: one for one, _ in pairs if one.ended_at is None}
    return HandingOnShown(sent, list(choices.values()) if may and not is_under_way else ())
