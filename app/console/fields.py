"""What stands in the fields of forms and addresses: whole numbers and days."""

from collections.abc import Mapping
from datetime import date

from models.roster.posts import PostUnfit
from models.tickets.asked import number_in

__all__ = ["day_in", "number_in", "words_in"]


def day_in(text: str) -> date | None:
    """None for none. Raises PostUnfit for what is no day."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise PostUnfit(field="days") from wrong


def words_in(form: Mapping[str, str], longest: int, name: str = "words") -> str:
    """Browsers end the lines of a text field with two characters."""
    return form.get(name, "").replace("\r\n", "\n").strip()[:longest]
