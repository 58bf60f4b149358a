"""The notices of a desk as a sheet: what stands on the list, masked."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.masking import masked
from models.notices import desk
from models.notices.desk import Row, sight_of, wanted_of
from models.notices.lists import read_counts
from models.notices.table import kinds


@listing("notices")
class Notices:
    """公示清单 — of one group, with the conditions of the list, the latest first."""

    keys = ("state", "kind", "q")

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        wanted = wanted_of(query)
        found = desk.counts(session, sight_of(session, person_id, now), wanted)
        return min(found[wanted.group], most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        sight = sight_of(session, person_id, now)
        found = desk.rows(session, sight, wanted_of(query), after or None, PAGE)
        reads = read_counts(session, [one.notice.id for one in found])
        further = found[-1].notice.id if len(found) == PAGE else None
        return [_cells(one, reads[one.notice.id]) for one in found], further


def _cells(row: Row, readers: int) -> Sequence[Value]:
    notice = row.notice
    return (
        notice.number,
        kinds()[notice.kind]["label"],
        row.area,
        masked(notice.title),
        notice.version,
        word(notice.state, "notice_group"),
        row.author,
        moment(notice.published_at),
        moment(notice.window_ends_at),
        moment(notice.archived_at),
        readers,
        notice.told,
        row.waiting,
    )
