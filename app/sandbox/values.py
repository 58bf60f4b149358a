"""Values of template and subscription messages: what each kind of field may hold."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.sandbox.refusals import Refused

FIELD = re.compile(r"([a-z_]+?)\d+")
HAN = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
AMOUNT = re.compile(r"[^\d\s]?\d{1,10}(\.\d{1,2})?\D{0,3}")
PHONE = re.compile(r"[+\d\-() ]{1,17}")
TIME = re.compile(r"\d{1,4}\D.*\d.*")


def _name(value: str) -> bool:
    return len(value) <= (10 if HAN.search(value) else 20)


# Kind of field → whether a value fits. The kind is the field's name without its number.
FITS: dict[str, Callable[[str], bool]] = {
    "thing": lambda value: len(value) <= 20,
    "number": lambda value: len(value) <= 32 and bool(NUMBER.fullmatch(value)),
    "letter": lambda value: len(value) <= 32 and value.isascii() and value.isalpha(),
    "symbol": lambda value: len(value) <= 5,
    "character_string": lambda value: len(value) <= 32 and not HAN.search(value),
    "time": lambda value: len(value) <= 32 and bool(TIME.fullmatch(value)),
    "date": lambda value: len(value) <= 32 and bool(TIME.fullmatch(value)),
    "amount": lambda value: bool(AMOUNT.fullmatch(value)),
    "phone_number": lambda value: bool(PHONE.fullmatch(value)),
    "car_number": lambda value: len(value) <= 8,
    "name": _name,
    "phrase": lambda value: len(value) <= 5 and len(HAN.findall(value)) == len(value),
    "const": lambda value: len(value) <= 20,
}


def check(fields: list[str], data: Any) -> None:
    """Every field of the template is there and fits; the refusal names the first that does not."""
    if not isinstance(data, Mapping):
        raise Refused(47001, "data format error")
    for field in fields:
        given = data.get(field)
        value = given.get("value") if isinstance(given, Mapping) else None
        if not isinstance(value, str | int | float) or value == "":
            raise Refused(47003, f"argument invalid! data.{field}.value is empty")
        kind = FIELD.fullmatch(field)
        fits = FITS.get(kind[1]) if kind else None
        if fits and not fits(str(value)):
            raise Refused(47003, f"argument invalid! data.{field}.value invalid")
