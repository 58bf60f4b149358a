"""What this door itself refuses; the words are rows of config/problems.toml."""

from models.errors import DomainError, NotFound


class NotSignedIn(DomainError):
    template = "not_signed_in"


class KeyMissing(DomainError):
    template = "key_missing"


class CursorUnfit(DomainError):
    template = "cursor_unfit"


class ContentUnfit(DomainError):
    """The platform's content check found the words risky."""

    template = "content_unfit"


class CodeUnfit(DomainError):
    """The platform knows this code no more, or never did."""

    template = "code_unfit"


class PlatformAway(DomainError):
    template = "platform_away"


class NumberUnknown(NotFound):
    """A number larger than any that is given."""
