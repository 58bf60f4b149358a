"""What the calls answer in the tests, as the page of the interface's screens shows it.

`LINLI_KEEP_ANSWERS=1 pytest tests/app/api/test_access.py` writes the file anew after a change.
"""

import json
import os
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from app.api import screens

FILE = Path(screens.__file__).with_name("answers.json")
# Others each time.
DRAWN = frozenset({"access_token", "refresh_token", "photo"})
MOST = 2  # of a list: enough to see what its entries are


def shown(answer: TestResponse) -> Any:
    """Without what is drawn by lot, and with the beginning of each list."""
    return _short(answer.get_json()) if answer.mimetype == "application/json" else None


def agree(found: dict[str, Any]) -> None:
    """What the page shows is what was answered, and of all that was asked."""
    said = {name: body for name, body in sorted(found.items()) if body is not None}
    if os.environ.get("LINLI_KEEP_ANSWERS"):
        FILE.write_text(f"{json.dumps(said, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    assert said == screens.answers()


def _short(told: Any) -> Any:
    if isinstance(told, list):
        return [_short(one) for one in told[:MOST]]
    if isinstance(told, dict):
        return {key: "…" if key in DRAWN else _short(one) for key, one in told.items()}
    return told
