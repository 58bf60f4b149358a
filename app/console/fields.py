"""What stands in the fields of forms and addresses: whole numbers and days."""

from datetime import date

from models.roster.posts import PostUnfit

LONGEST_NUMBER = 10


def number_in(text: str) -> int | None:
    """None for none and for what is no number."""
    is_number = text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER
    return int(text) if is_number else None


def day_in(text: str) -> date | None:
    """None for none. Raises PostUnfit for what is no day."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise PostUnfit(field="days") from wrong
