"""What may be filed: the classes as Open311 services, and what each one's form asks."""

from collections.abc import Iterator
from typing import Any

from bots.reporting import NOT_OURS
from config.categories import Category, categories
from config.policy import load
from models.open311.public import POLICY

REALTIME, BLACKBOX = "realtime", "blackbox"
KIND = "kind"


def service_list() -> list[dict[str, Any]]:
    return [_service(one) for one in filed()]


def service(code: str) -> Category | None:
    return next((one for one in filed() if one.key == code), None)


def filed() -> Iterator[Category]:
    """All but what belongs to other houses."""
    return (one for one in categories() if one.key != NOT_OURS)


def definition(one: Category) -> dict[str, Any]:
    rows = load(POLICY)["attributes"].items()
    return {
        "service_code": one.key,
        "attributes": [
            _attribute(one, code, row, order) for order, (code, row) in enumerate(rows, 1)
        ],
    }


def _service(one: Category) -> dict[str, Any]:
    """A closed class is taken, and its number is not given: nobody reads it from outside."""
    is_open = one.key in load(POLICY)["open"]
    kinds = [child.label for child in one.children]
    return {
        "service_code": one.key,
        "service_name": one.label,
        "description": f"{one.label}: {', '.join(kinds)}",
        "metadata": True,
        "type": REALTIME if is_open else BLACKBOX,
        "keywords": ", ".join(kinds),
        "group": load(POLICY)["words"]["group"],
    }


def _attribute(one: Category, code: str, row: dict[str, Any], order: int) -> dict[str, Any]:
    children = {child.key: child.label for child in one.children}
    values = children if code == KIND else row["values"]
    return {
        "variable": True,
        "code": code,
        "datatype": row["datatype"],
        "required": False,
        "datatype_description": row["hint"],
        "order": order,
        "description": row["description"],
        "values": [{"key": key, "name": name} for key, name in values.items()],
    }
