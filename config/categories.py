"""The taxonomy: two levels of categories, urgency and intent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from config.policy import load

LEVEL_ONE = (
    *("parking", "property_fee", "ebike_charging", "property_service", "noise", "sanitation"),
    *("facility", "elevator", "water_power_heat", "leak", "illegal_building", "greening"),
    *("fire_safety", "pets", "neighbor_dispute", "security", "house_rights", "enterprise"),
    *("other_estate", "not_estate"),
)

LAST_RESORT = "other"

ADDED = "own_"  # begins the key of a child that staff added; the file has none such


class Urgency(StrEnum):
    """紧急程度 — how fast a matter must be met."""

    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Intent(StrEnum):
    """意图 — what a person wants from a message."""

    REPORT = "report"
    ENQUIRY = "enquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    WISH = "wish"
    ERRAND = "errand"
    HAZARD = "hazard"
    COMMAND = "command"
    CHITCHAT = "chitchat"
    ABUSE = "abuse"


@dataclass(frozen=True)
class Subcategory:
    """二级类目 — the kind of matter inside a category."""

    key: str
    label: str


@dataclass(frozen=True)
class Category:
    """一级类目 — what a matter is about."""

    key: str
    label: str
    children: tuple[Subcategory, ...]

    def child(self, key: str) -> Subcategory:
        for child in self.children:
            if child.key == key:
                return child
        raise KeyError(f"{self.key} has no child {key!r}")


class TaxonomyBroken(ValueError):
    """分类表有误 — the taxonomy file lacks or repeats what others build on."""


def read_categories(table: Mapping[str, object]) -> Mapping[str, Category]:
    """Categories in the order of the table, or TaxonomyBroken with what is wrong."""
    missing, unknown = set(LEVEL_ONE) - table.keys(), table.keys() - set(LEVEL_ONE)
    if missing or unknown:
        raise TaxonomyBroken(f"missing {sorted(missing)}, unknown {sorted(unknown)}")
    return MappingProxyType({key: _read_category(key, entry) for key, entry in table.items()})


def _read_category(key: str, entry: object) -> Category:
    label = entry.get("label") if isinstance(entry, Mapping) else None
    children = entry.get("children") if isinstance(entry, Mapping) else None
    if not isinstance(label, str) or not isinstance(children, Mapping):
        raise TaxonomyBroken(f"{key} needs a label and children")
    labels = [label, *children.values()]
    if not all(isinstance(text, str) and text.strip() for text in labels):
        raise TaxonomyBroken(f"{key} has an empty label")
    if LAST_RESORT not in children or len(set(labels)) != len(labels):
        raise TaxonomyBroken(f"{key} needs a child {LAST_RESORT!r} and labels that differ")
    return Category(key, label, tuple(Subcategory(*pair) for pair in children.items()))


CATEGORIES = read_categories(load("categories"))


@dataclass(frozen=True, eq=False)
class Shown:
    """叫法 — what staff call the classes, in which order, which children they never choose, and
    which they added.

    Keys are category or category.child. What is not named here is as the file has it.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    added: Mapping[str, str] = field(default_factory=dict)


class Naming:
    """分类的说法 — the categories as this process shows them."""

    def __init__(self) -> None:
        self.use(Shown())

    def use(self, shown: Shown) -> None:
        """From now on; each is swapped whole, so that no thread sees half of it."""
        self.shown, self.categories, self.names = shown, arranged(shown), names(shown)


def arranged(shown: Shown) -> tuple[Category, ...]:
    """In the order of staff, then of the file, without the children that are hidden."""
    first = {key: place for place, key in enumerate(shown.order)}
    ranked = sorted(CATEGORIES.values(), key=lambda one: first.get(one.key, len(CATEGORIES)))
    return tuple(_named(one, shown) for one in ranked)


def _named(one: Category, shown: Shown) -> Category:
    children = (
        Subcategory(child.key, shown.labels.get(f"{one.key}.{child.key}", child.label))
        for child in _children(one, shown)
        if f"{one.key}.{child.key}" not in shown.hidden
    )
    return Category(one.key, shown.labels.get(one.key, one.label), tuple(children))


def _children(one: Category, shown: Shown) -> list[Subcategory]:
    """Those of the file, then those that staff added; the one of last resort ends the list."""
    pairs = ((key.partition("."), label) for key, label in shown.added.items())
    added = [Subcategory(child, label) for (of, _, child), label in pairs if of == one.key]
    return sorted((*one.children, *added), key=lambda child: child.key == LAST_RESORT)


def names(shown: Shown) -> dict[str, str]:
    """Every category, and every category.child, by what people read; hidden ones too."""
    every = arranged(replace(shown, hidden=frozenset()))
    return {one.key: one.label for one in every} | {
        f"{one.key}.{child.key}": child.label for one in every for child in one.children
    }


NAMING = Naming()


def categories() -> tuple[Category, ...]:
    """What staff and residents choose from."""
    return NAMING.categories


def added() -> list[str]:
    """What people call the children that staff added, as far as they may choose them."""
    children = (child for one in categories() for child in one.children)
    return [child.label for child in children if is_added(child.key)]


def category(key: str) -> Category:
    return CATEGORIES[key]


def label_of(key: str, subkey: str | None = None) -> str:
    """What staff and residents read: 停车, or 停车·僵尸车. Also of what is hidden."""
    label = NAMING.names[key]
    if not subkey:
        return label
    child = NAMING.names.get(f"{key}.{subkey}")
    if child is None and is_added(subkey):
        return label  # added a moment ago, by another process
    return f"{label}·{child or CATEGORIES[key].child(subkey).label}"


def is_label(label: str) -> bool:
    """Whether this is category.child of the taxonomy, or of what staff added to it."""
    return "." in label and label in NAMING.names


def is_added(child: str) -> bool:
    """Whether staff added this child; its key says so for good."""
    return child.startswith(ADDED)


def added_key(number: int) -> str:
    return f"{ADDED}{number}"
