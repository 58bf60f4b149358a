"""What stands in the fields of forms and addresses: whole numbers and days."""

from datetime import date

from models.roster.posts import PostUnfit
from models.tickets.asked import number_in

__all__ = ["day_in", "number_in"]


def day_in(text: str) -> date | None:
    """None for none. Raises PostUnfit for what is no day."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise PostUnfit(field="days") from wrong
