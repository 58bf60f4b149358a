"""What people do beside the table: notes, urging, class and place, arrival, neighbours' reports."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from models.errors import DomainError
from models.ticket_flow import Action
from models.tickets import arriving, refining, standing_down, supporting
from models.tickets.actions import apply
from models.tickets.opening import Report
from models.tickets.splitting import Kept, split_off
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.walks import looking
from tests.walks.cast import Cast
from tests.walks.tally import Tally

STEPS = (
    *("note", "urge", "reclassify", "place", "arrive", "stand_down", "join", "join", "rate_too"),
    "split",
)
TO_BE_UNDONE = ("reclassify", "arrive", "stand_down")


class Beside:
    """旁枝 — steps that the table does not know, and that must leave the ticket in order."""

    def __init__(
        self,
        session: Session,
        chance: Random,
        cast: Cast,
        ticket: Ticket,
        reports: Sequence[Ticket],
        tally: Tally,
    ) -> None:
        self.session, self.chance, self.cast = session, chance, cast
        self.ticket, self.reports, self.tally = ticket, reports, tally
        self.at = ticket.opened_at

    def step(self, at: datetime, last: Actor) -> tuple[str, Actor]:
        """What was tried, and who took the last step that can be taken back."""
        self.at, what = at, self.chance.choice(STEPS)
        who = self.cast.somebody(self.ticket).person_id or self.ticket.reporter_id
        try:
            with self.session.begin_nested():
                getattr(self, f"_{what}")(who)
        except DomainError as refusal:
            return f"{what} by {who}: {refusal!r}", last
        return f"{what} by {who}", Actor(who) if what in TO_BE_UNDONE else last

    def _note(self, who: int) -> None:
        is_answer = self.chance.random() < 0.5
        refining.add_note(
            self.session, self.ticket, "又来了", by=who, at=self.at, for_reporter=is_answer
        )

    def _urge(self, who: int) -> None:
        refining.urge(self.session, self.ticket, by=who, at=self.at)

    def _reclassify(self, who: int) -> None:
        category = self.chance.choice(("noise", "parking", "property_fee", "pets"))
        refining.reclassify(self.session, self.ticket, category, None, by=who, at=self.at)

    def _place(self, who: int) -> None:
        if self.ticket.area_id is None:
            refining.place(self.session, self.ticket, self.cast.place, by=who, at=self.at)

    def _arrive(self, who: int) -> None:
        if self.ticket.urgency == "emergency":
            arriving.arrive(self.session, self.ticket, by=who, at=self.at)

    def _stand_down(self, who: int) -> None:
        may = standing_down.can_stand_down(self.session, self.ticket, by=who, at=self.at)
        try:
            standing_down.stand_down(self.session, self.ticket, "误报", by=who, at=self.at)
        except DomainError as refusal:
            if may:
                self.tally.disagree(f"{who} may stand down, and {refusal!r}")
            raise
        if not may or who in self.cast.accused(self.ticket):
            self.tally.disagree(f"{who} stood down, which was not theirs")

    def _join(self, who: int) -> None:
        """A neighbour's report becomes part of this one, or is taken out of it again."""
        report = self.chance.choice(self.reports)
        action = Action.UNMERGE if report.merged_into else Action.MERGE
        staff = self.cast.ids["community_staff-1"]
        by = Actor(self.chance.choice([report.reporter_id, staff]))
        given = {"into": self.ticket} if action == Action.MERGE else {}
        apply(self.session, report, action, by=by, at=self.at, reason="同一件事", **given)

    def _split(self, who: int) -> None:
        """It held two matters: one stays, the other gets an owner and a deadline of its own."""
        one = self.ticket
        category = self.chance.choice(("pets", "parking", one.category))
        stays = Kept("楼上太吵", category, None, None, one.area_id, frozenset())
        report = Report(
            account=one.account,
            reporter_id=one.reporter_id,
            text="还有人乱停车",
            category="parking",
            subcategory=None,
            urgency=Urgency.NORMAL,
            intent=Intent.REPORT,
            confidence=0.9,
            about=one.about,
            area_id=one.area_id,
            community_id=one.community_id,
            place_name=one.place_name,
        )
        by = self.chance.choice([one.reporter_id, who])
        [opened] = split_off(self.session, one, stays, [report], by=by, at=self.at)
        if by != one.reporter_id:
            self.tally.disagree(f"{by} split what {one.reporter_id} reported")
        other = self.session.get_one(Ticket, opened.ticket_id)
        accused = sorted(self.cast.accused(other) - {other.reporter_id})
        if looking.asked_of(self.session, other, accused):
            self.tally.forbid(f"what was split off {one.number} is asked of whom it accuses")
        for wrong in looking.forbidden(self.session, other):
            self.tally.forbid(f"split off {one.number}: {wrong}")

    def _rate_too(self, who: int) -> None:
        supporting.rate(self.session, self.ticket, is_solved=True, stars=4, by=who, at=self.at)
