"""What the sheets of grouped lists share: the rows of one group, the latest first."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query
from jobs.sheets import Value


class Grouped(ABC):
    """分组清单 — `lists` is the module that knows the groups: `models.operations.desk` is one."""

    keys: Sequence[str] = ("state", "area", "from", "to", "q")
    lists: Any

    @abstractmethod
    def cells(self, session: Session, row: Any) -> Sequence[Value]:
        """One row as it stands in the sheet."""

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        wanted = self.lists.wanted_of(query)
        sight = self.lists.sight_of(session, person_id, now)
        return min(self.lists.counts(session, sight, wanted)[wanted.group], most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        sight = self.lists.sight_of(session, person_id, now)
        found = self.lists.rows(session, sight, self.lists.wanted_of(query), after or None, PAGE)
        further = found[-1].id if len(found) == PAGE else None
        return [self.cells(session, one) for one in found], further
