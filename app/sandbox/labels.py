"""The Chinese words of the platform's own screens, read once from labels.toml."""

import tomllib
from pathlib import Path
from typing import Any

LABELS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("labels.toml").read_text(encoding="utf-8")
)
