"""What is done about the addresses of outside systems, as events; and who hears of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import events
from models.events import Fact
from models.outside_systems import OutsideSystem


def tell(
    session: Session,
    system: OutsideSystem,
    verb: str,
    at: datetime,
    by: int | None,
    keepers: Sequence[int] = (),
    **detail: Any,
) -> None:
    session.flush()
    fact = Fact(
        verb=verb,
        subject_kind="outside_system",
        subject_id=system.id,
        at=at,
        actor_id=by,
        area_id=system.area_id,
        detail=detail,
        parties={"keepers": keepers},
        context={"name": system.name, **detail},
    )
    events.record(session, fact)
