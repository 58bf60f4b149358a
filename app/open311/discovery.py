"""The discovery document: where Open311 of this house stands, and in which forms."""

from typing import Any

from app.open311.forms import TYPES
from config.policy import load
from models.open311.public import POLICY

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def document(prefix: str) -> dict[str, Any]:
    rules = load(POLICY)
    changeset = f"{rules['changeset']}T00:00:00+08:00"
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{prefix}/v2",
        "changeset": changeset,
        "type": "production",
        "formats": [one.partition(";")[0] for one in TYPES.values()],
    }
    return {
        "changeset": changeset,
        "contact": rules["words"]["contact"],
        "key_service": rules["words"]["key_service"],
        "endpoints": [endpoint],
    }
