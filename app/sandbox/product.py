"""What the sandbox asks of the product's own web process, which may not be there."""

import logging
from typing import Any
from urllib.parse import quote

import requests

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2
JOB_PATIENCE_SECONDS = 60


class Silent(Exception):
    """The product's web process does not answer."""


def people(web_url: str) -> list[Any]:
    """`GET /dev/people`; nobody without a product. Raises Silent."""
    return _asked(web_url, "/dev/people")


def scenes(web_url: str) -> list[Any]:
    return _listed(web_url, "/dev/scenes")


def jobs(web_url: str) -> list[Any]:
    return _listed(web_url, "/dev/jobs")


def fire(web_url: str, name: str, at: str | None) -> dict[str, Any]:
    """Runs one job of the product now; what went wrong comes back as its status."""
    try:
        with _session() as session:
            answer = session.post(
                f"{web_url}/dev/jobs/{quote(name, safe='')}",
                json={"at": at},
                timeout=JOB_PATIENCE_SECONDS,
            )
        report = answer.json()
    except requests.RequestException as error:
        log.info("job not fired: %s", type(error).__name__)
        return {"job": name, "at": at, "status": "unreachable", "detail": type(error).__name__}
    if not isinstance(report, dict):
        return {"job": name, "at": at, "status": "unreadable", "detail": answer.text[:200]}
    return {"job": name, "at": at, "status": str(answer.status_code), "detail": ""} | report


def _listed(web_url: str, path: str) -> list[Any]:
    try:
        return _asked(web_url, path)
    except Silent:
        return []


def _asked(web_url: str, path: str) -> list[Any]:
    if not web_url:
        return []
    try:
        with _session() as session:
            answer = session.get(web_url + path, timeout=PATIENCE_SECONDS)
            found = answer.json() if answer.ok else []
    except requests.RequestException as error:
        log.info("the product does not answer %s: %s", path, type(error).__name__)
        raise Silent from error
    return found if isinstance(found, list) else []


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine must not stand between the two servers
    return session
