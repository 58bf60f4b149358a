"""What people call the rows of a sheet of figures."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import CATEGORIES
from config.policy import load
from models.companies import Company
from models.metrics.cuts import AREAS, COMPANIES, Axis
from models.places import Area

HEAD = "metric"


def labels_of(session: Session, axis: Axis | None, keys: Iterable[str]) -> Mapping[str, str]:
    """Key of a row → its name; days, weeks and months are named by their first day."""
    labels = load("labels")
    if axis in AREAS | COMPANIES:
        table = Company if axis in COMPANIES else Area
        ids = [int(key) for key in keys if key.isdecimal()]
        names = session.execute(select(table.id, table.name).where(table.id.in_(ids)))
        return {str(one): name for one, name in names} | labels[HEAD]
    if axis == Axis.CATEGORY:
        return {key: one.label for key, one in CATEGORIES.items()}
    if axis == Axis.TEAM:
        return {key: _team(labels, key) for key in keys} | labels[HEAD]
    return labels["level"] if axis == Axis.LEVEL else {}


def _team(labels: Mapping[str, Any], key: str) -> str:
    role, _, department = key.partition(":")
    return labels["role"].get(role, role) + labels["department"].get(department, department)
