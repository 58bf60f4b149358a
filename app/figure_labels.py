"""What people call the rows of a sheet of figures."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from config.categories import categories
from config.policy import load
from models.companies import Company
from models.metrics.cuts import AREAS, COMPANIES, Axis
from models.places import Area

HEAD = "metric"


def labels_of(session: Session, axis: Axis | None, keys: Iterable[str]) -> Mapping[str, str]:
    """Key of a row → its name; days, weeks and months are named by their first day."""
    labels = load("labels")
    ids = [int(key) for key in keys if key.isdecimal()]
    if axis in COMPANIES:
        companies = session.execute(select(Company.id, Company.name).where(Company.id.in_(ids)))
        return {str(one): name for one, name in companies} | labels[HEAD]
    if axis in AREAS:
        return _areas(session, ids) | labels[HEAD]
    if axis == Axis.CATEGORY:
        return {one.key: one.label for one in categories()}
    if axis == Axis.TEAM:
        return {key: _team(labels, key) for key in keys} | labels[HEAD]
    return labels["level"] if axis == Axis.LEVEL else {}


def _areas(session: Session, ids: list[int]) -> dict[str, str]:
    """Estate first: every estate has a building of the number one."""
    estate = aliased(Area)
    rows = session.execute(
        select(Area.id, estate.name, Area.name)
        .outerjoin(estate, estate.id == Area.estate_id)
        .where(Area.id.in_(ids))
    )
    return {str(area_id): f"{outer or ''}{name}" for area_id, outer, name in rows}


def _team(labels: Mapping[str, Any], key: str) -> str:
    role, _, department = key.partition(":")
    return labels["department"].get(department, department) + labels["role"].get(role, role)
