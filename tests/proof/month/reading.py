"""Reads the month's events once more, by rules of its own, and names what should not be so."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter

from tests.proof.month.presence import Presence
from tests.proof.month.story import OPEN, Row, Standing, told

MINUTE = timedelta(minutes=1)
MOST_OWNERLESS = 5 * MINUTE
ONCE = ("ticket_reminded_half", "ticket_reminded_most", "ticket_overdue")
UP, OVERDUE, UNDONE, RELIEVED = (
    *("ticket_escalated", "ticket_overdue", "ticket_undone", "ticket_relieved"),
)

Story = Sequence[tuple[Row, Standing]]


@dataclass
class Findings:
    """查验结果 — how many there are of everything, and what is not as it must be."""

    tickets: int = 0
    levels_fired: int = 0
    reminders: int = 0
    relieved: int = 0
    missed: int = 0
    doubled: int = 0
    ownerless_over_5_min: int = 0
    kills: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not (self.missed or self.doubled or self.ownerless_over_5_min)

    def note(self, kind: str, ticket_id: int, said: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        self.wrong.append(f"#{ticket_id} {kind}: {said}")


@dataclass(frozen=True)
class Rounds:
    """The minutes of the rounds in which both jobs were done whole, in their order."""

    whole: Sequence[datetime]
    more: int = 0  # rounds that may pass by a ticket at which somebody is at work

    def by_then(self, due: datetime, since: datetime) -> datetime:
        """When what is due must have been done, of a ticket that stands as it does `since`.

        People act while the round of their minute runs, which may have gone by before them.
        """
        minute = since.replace(second=0, microsecond=0)
        acted = minute if since == minute else minute + MINUTE
        begin = max(due, acted + timedelta(seconds=1)) if due <= acted else due
        position = bisect_left(self.whole, begin) + self.more
        # Past the last round nothing is owed.
        return self.whole[position] if position < len(self.whole) else self.whole[-1] + 999 * MINUTE


@dataclass
class Reader:
    """Goes over the tickets one by one; `findings` is what it found."""

    presence: Presence
    rounds: Rounds
    end: datetime
    findings: Findings = field(default_factory=Findings)

    def read(self, rows: Iterable[Row]) -> Findings:
        """The rows of all tickets, in the order of their tickets and events."""
        for ticket_id, events in groupby(rows, key=itemgetter(0)):
            self.findings.tickets += 1
            story = list(told(events))
            self._count_levels(ticket_id, story)
            self._count_reminders(ticket_id, story)
            ends = [*(row[-1] for row, _ in story[1:]), max(self.end, story[-1][0][-1])]
            for (row, now), until in zip(story, ends, strict=True):
                self._check_owner(ticket_id, now, row[-1], until)
                self._check_moments(ticket_id, now, row[-1], until)
            self._check_overdue(ticket_id, story)
        return self.findings

    def _count_levels(self, ticket_id: int, story: Story) -> None:
        undone = {row[5]["undone_event"] for row, _ in story if row[2] == UNDONE}
        fired = [(row, now) for row, now in story if row[2] == UP and row[3] == "clock"]
        self.findings.levels_fired += len(fired)
        reached = Counter((now.opened, now.level) for row, now in fired if row[1] not in undone)
        for (_, level), count in reached.items():
            if count > 1:
                self.findings.note("doubled", ticket_id, f"went up to {level} {count} times")
        for (first, now), (second, then) in pairwise(fired):
            is_same = (now.opened, now.category) == (then.opened, then.category)
            if is_same and second[-1] < now.time_to_accept(first[-1]):
                self.findings.note("doubled", ticket_id, f"two steps up by {second[-1]}")
        for (_, before), (row, _) in pairwise(story):
            if row[2] == UP and row[5]["from_level"] != before.level:
                self.findings.note("doubled", ticket_id, f"up from a level it was not on {row}")

    def _count_reminders(self, ticket_id: int, story: Story) -> None:
        found = Counter(
            (row[2], before.opened, before.resolve_due)
            for (_, before), (row, _) in pairwise(story)
            if row[2] in ONCE
        )
        self.findings.reminders += sum(found.values())
        self.findings.relieved += sum(row[2] == RELIEVED for row, _ in story)
        for (verb, _, due), count in found.items():
            if count > 1:
                self.findings.note("doubled", ticket_id, f"{verb} {count} times for {due}")

    def _check_owner(self, ticket_id: int, now: Standing, since: datetime, until: datetime) -> None:
        if now.state not in OPEN:
            return
        for begin, over in self.presence.absences(now.owner_post):
            alone = max(begin, since)
            limit = max(alone + MOST_OWNERLESS, self.rounds.by_then(alone, since))
            if limit < min(over, until):
                said = f"post {now.owner_post} from {alone} until {min(over, until)}"
                self.findings.note("ownerless_over_5_min", ticket_id, said)

    def _check_moments(
        self, ticket_id: int, now: Standing, since: datetime, until: datetime
    ) -> None:
        """While it stood like this, nothing that came due passed without an event."""
        if now.is_running and not now.is_told:
            limit = self.rounds.by_then(now.resolve_due, since)
            if limit < until:
                self.findings.note("missed", ticket_id, f"deadline {now.resolve_due} {now}")
        due = now.up_due
        if due is None:
            return
        limit = self.rounds.by_then(due, since)
        if limit < until and self._has_way_up(ticket_id, now, limit):
            self.findings.note("missed", ticket_id, f"step up of {due} by {limit} {now}")

    def _check_overdue(self, ticket_id: int, story: Story) -> None:
        """That a deadline has passed is no label: it goes up, unless it has just gone up."""
        for (row, now), (following, _) in pairwise([*story, (story[-1][0], story[-1][1])]):
            if row[2] != OVERDUE or now.level == "department":
                continue
            goes_up = following[2] == UP and following[-1] == row[-1]
            is_kept = now.kept_until(row[-1]) > row[-1]
            if not goes_up and not is_kept and self._has_way_up(ticket_id, now, row[-1]):
                self.findings.note("missed", ticket_id, f"overdue at {row[-1]}, and stayed {now}")

    def _has_way_up(self, ticket_id: int, now: Standing, at: datetime) -> bool:
        return self.presence.is_anybody_above(
            ticket_id, now.level, now.category, now.owner_post, at
        )
