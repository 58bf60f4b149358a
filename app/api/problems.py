"""What is wrong, as RFC 9457 has it: one mapping of refusals, in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import structlog
from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, json, request
from pydantic import BaseModel, ValidationError

from app.logs import fault
from config.policy import load
from models.busy import BUSY
from models.errors import DomainError

LANGUAGES = ("zh", "en")
CONTENT_TYPE = "application/problem+json"
PAGE = "/api/v1/docs"
RETRY_SECONDS = {429: "60", 503: "5"}

log = structlog.get_logger(__name__)


class FieldFault(BaseModel):
    """字段问题 — one field that does not fit, and why."""

    field: str
    message: str


class Problem(BaseModel):
    """问题 — why a request was not done."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFault] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """问题种类 — a row of config/problems.toml."""

    name: str
    status: int
    title: Mapping[str, str]
    detail: Mapping[str, str]


@cache
def kinds() -> dict[str, Kind]:
    return {
        name: Kind(name, row["status"], row["title"], row["detail"])
        for name, row in load("problems").items()
    }


@cache
def by_status() -> dict[int, Kind]:
    """What HTTP itself refuses: the first of each status."""
    found: dict[int, Kind] = {}
    for one in kinds().values():
        found.setdefault(one.status, one)
    return found


def kind_of(refusal: type[DomainError]) -> Kind:
    """Its own, or that of what it is a kind of."""
    names = (one.template for one in refusal.__mro__ if issubclass(one, DomainError))
    return next(kinds()[name] for name in names if name in kinds())


def language() -> str:
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def answer(
    kind: Kind, status: int | None = None, errors: list[FieldFault] | None = None
) -> Response:
    spoken = language()
    problem = Problem(
        type=f"{PAGE}#{kind.name}",
        title=kind.title[spoken],
        status=status or kind.status,
        detail=kind.detail[spoken],
        errors=errors,
    )
    body = problem.model_dump(exclude_none=True)
    response = Response(json.dumps(body), problem.status, content_type=CONTENT_TYPE)
    response.headers["Content-Language"] = spoken
    response.vary.add("Accept-Language")
    if kind.name == "not_signed_in":
        response.headers["WWW-Authenticate"] = "Bearer"
    if kind.status in RETRY_SECONDS:
        response.headers["Retry-After"] = RETRY_SECONDS[kind.status]
    return response


def register(api: APIFlask) -> None:
    @api.errorhandler(DomainError)
    def of_domain(refusal: DomainError) -> Response:
        return answer(kind_of(type(refusal)))

    @api.error_processor
    def of_http(error: HTTPError) -> Response:
        kind = by_status().get(error.status_code, kinds()["refused"])
        response = answer(kind, error.status_code, list(_faults(error.__cause__)) or None)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response

    @api.errorhandler(Exception)
    def unforeseen(failure: Exception) -> Response:
        log.error("api_failed", route=request.endpoint, **fault(failure))
        return answer(kinds()["store_busy" if isinstance(failure, BUSY) else "failed"])


def _faults(cause: BaseException | None) -> Iterator[FieldFault]:
    if isinstance(cause, ValidationError):
        for one in cause.errors(include_url=False, include_input=False):
            words = load("field_faults").get(one["type"]) or load("field_faults")["other"]
            yield FieldFault(
                field=".".join(map(str, one["loc"])),
                message=words[language()].format_map(one.get("ctx", {})),
            )
