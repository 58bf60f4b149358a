"""Which Chinese font this machine prints with."""

from dataclasses import dataclass
from pathlib import Path

from config.policy import load
from models.errors import DomainError


class FontMissing(DomainError):
    """No font of config/fonts.toml lies on this machine."""

    template = "font_missing"


@dataclass(frozen=True, slots=True)
class Font:
    """字体 — two weights of one face, as files."""

    regular: Path
    bold: Path
    face: int


def chinese_font() -> Font:
    """The first of the table that is there; FontMissing when none is."""
    for row in load("fonts")["font"]:
        regular, bold = Path(row["regular"]), Path(row["bold"])
        if regular.is_file():
            return Font(regular, bold if bold.is_file() else regular, row["face"])
    raise FontMissing("no Chinese font is installed; config/fonts.toml says where they are sought")
