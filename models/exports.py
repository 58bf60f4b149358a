"""Lists that are taken away as sheets: long ones are written in the background, kept for a day."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import access_log, tasks
from models.base import Base
from models.errors import DomainError, NotFound

TASK = "write_export"
LIFE = timedelta(days=1)
MOST_WAITING = 3
LATEST = 20


class ExportForm(StrEnum):
    """格式 — what kind of file it is."""

    EXCEL = "xlsx"
    CSV = "csv"


class ExportState(StrEnum):
    """导出进度 — where a list that is taken away stands."""

    WAITING = "waiting"
    READY = "ready"
    GONE = "gone"


class TooManyExports(DomainError):
    """One's earlier lists have to be written first."""

    template = "too_many_exports"


class Export(Base):
    """导出 — one list as it was asked for, how far it is written, and where its file is."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing: Mapped[str]
    form: Mapped[ExportForm]
    conditions: Mapped[dict[str, Any]]  # as the address of the list had them
    maker_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    state: Mapped[ExportState]
    total: Mapped[int]
    written: Mapped[int] = mapped_column(server_default="0")
    file_key: Mapped[str] = mapped_column(unique=True)  # nobody guesses it
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    @property
    def file_name(self) -> str:
        return f"{self.file_key}.{self.form}"


def ask(
    session: Session,
    listing: str,
    form: ExportForm,
    conditions: Mapping[str, str],
    total: int,
    *,
    by: int,
    at: datetime,
) -> Export:
    """To be written in the background. Raises TooManyExports."""
    waiting = select(Export.id).where(Export.maker_id == by, Export.state == ExportState.WAITING)
    if len(session.scalars(waiting).all()) >= MOST_WAITING:
        raise TooManyExports(most=MOST_WAITING)
    export = Export(
        listing=listing,
        form=form,
        conditions=dict(conditions),
        maker_id=by,
        state=ExportState.WAITING,
        total=total,
        file_key=secrets.token_hex(16),
        created_at=at,
    )
    session.add(export)
    session.flush()
    tasks.ask(session, TASK, {"export_id": export.id}, at, f"{TASK}:{export.id}", at)
    return export


def own(session: Session, export_id: int, person_id: int) -> Export:
    """NotFound for somebody else's, too."""
    export = session.get(Export, export_id)
    if export is None or export.maker_id != person_id:
        raise NotFound(number=str(export_id))
    return export


def file_of(session: Session, export_id: int, person_id: int, now: datetime) -> Export:
    """NotFound before it is ready and once its day is over."""
    export = own(session, export_id, person_id)
    if export.state != ExportState.READY or (export.expires_at or now) <= now:
        raise NotFound(number=str(export_id))
    return export


def latest(session: Session, person_id: int) -> Sequence[Export]:
    return session.scalars(
        select(Export).where(Export.maker_id == person_id).order_by(Export.id.desc()).limit(LATEST)
    ).all()


def note_progress(session: Session, export_id: int, written: int) -> None:
    session.execute(
        update(Export)
        .where(Export.id == export_id)
        .values(written=written)
        .execution_options(synchronize_session=False)
    )


def finish(session: Session, export_id: int, written: int, at: datetime) -> None:
    """The file is in its place; that its maker has the list is written down."""
    export = session.get_one(Export, export_id)
    export.state, export.written, export.total = ExportState.READY, written, written
    export.ready_at, export.expires_at = at, at + LIFE
    access_log.record_list(session, export.maker_id, export.listing, written, at)


def end_old(session: Session, now: datetime) -> Sequence[str]:
    """Those whose day is over are no more; returns the names of their files."""
    over = session.scalars(
        select(Export).where(Export.state == ExportState.READY, Export.expires_at <= now)
    ).all()
    for export in over:
        export.state = ExportState.GONE
    return [one.file_name for one in over]


def kept_files(session: Session) -> set[str]:
    """Names of the files that somebody may still fetch, or that are being written."""
    found = session.scalars(select(Export).where(Export.state != ExportState.GONE))
    return {one.file_name for one in found}
