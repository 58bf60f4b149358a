"""What the schemas of the interface are made of: what is sent is of the type it should be."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

LARGEST_NUMBER = 2**31 - 1
LONGEST_WORDS = 500


def _written(given: Any) -> Any:
    """As text: a number would be taken for seconds."""
    if not isinstance(given, str):
        raise ValueError("not text")
    return given


Number = Annotated[int, Field(ge=1, le=LARGEST_NUMBER, strict=True)]
YesNo = StrictBool
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
# No signs that no keyboard sends, and at least one that is no blank.
Words = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_WORDS, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]
Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
Code = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_\-]+$")]
PhotoName = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Sent(BaseModel):
    """送来的 — what a phone sends; fields that nobody knows are a mistake of its."""

    model_config = ConfigDict(extra="forbid")


class Given(BaseModel):
    """给回的 — what a phone gets."""

    model_config = ConfigDict(frozen=True)


class PageQuery(Sent):
    """翻页 — from where on, and how many."""

    cursor: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=50)] = 20
