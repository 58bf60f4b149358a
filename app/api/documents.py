"""The document /openapi.json, made of the table of routes, and the page that shows it."""

from collections.abc import Callable, Iterator
from typing import Any

from apiflask import APIFlask
from flask import Response, render_template
from markupsafe import Markup

from app.api import problems
from app.api.problems import CONTENT_TYPE, Kind, Problem
from app.api.routes import JPEG, ROUTES, Gate, Route
from app.api.routes import Kind as RouteKind
from config.policy import load

SCHEMES = {Gate.RESIDENT: "token", Gate.SYSTEM: "key"}
PREFIX = "/api/v1"
CONFIG = {
    "SPEC_FORMAT": "json",
    "AUTO_200_RESPONSE": False,
    "AUTO_404_RESPONSE": False,
    "AUTO_VALIDATION_ERROR_RESPONSE": False,
    "AUTO_AUTH_ERROR_RESPONSE": False,
    "AUTO_SERVERS": False,
    "SERVERS": [{"url": PREFIX}],
    "SECURITY_SCHEMES": {
        name: {"type": "http", "scheme": "bearer", "description": load("api")["schemes"][name]}
        for name in SCHEMES.values()
    },
}
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    "example": "0d4f2c6a-8b1e-4c57",
}
TAG_HEADER = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
}
# Where an answer names what other calls need: whose answer, what it is there, and those calls.
LINKS = (
    (
        *("report", "ticket_id", "/ticket/id"),
        ("show_ticket", "show_timeline", "supplement", "urge", "hide_name", "withdraw"),
    ),
    ("send_photo", "photo", "/photo", ("show_photo",)),
    ("claim_home", "home_id", "/id", ("choose_home", "leave_home")),
)
# Where it goes into the body of another: whose answer, what of that body it is, and where from.
LINKS_INTO = (("send_photo", "report", {"photos": ["$response.body#/photo"]}),)
BOUNDS = ("minLength", "maxLength", "minimum", "maximum", "maxItems", "pattern")
ANSWERS = load("api")["answers"]
BODY, FORM = "json", "files"
ARGUMENTS = {BODY: "body", FORM: "form", "query": "query"}


def described(api: APIFlask, route: Route, answer: Callable[..., Response]) -> Any:
    """The view under the decorators that check what it takes and say what it gives."""

    def view(**given: Any) -> Response:
        return answer(**given)

    # The limits tell views apart by these names.
    view.__name__, view.__module__, view.__doc__ = route.name, route.noun, route.view.__doc__
    made: Any = view
    if route.takes is not None:
        where, name = route.takes_in, ARGUMENTS[route.takes_in]
        made = api.input(route.takes, location=where, arg_name=name, example=route.example)(made)
    if route.gives is not None:
        given_as = "image/jpeg" if route.gives is JPEG else "application/json"
        given = {"content_type": given_as, "description": ANSWERS["done"]}
        made = api.output(route.gives, route.status, **given)(made)
    return api.doc(
        tags=[route.noun],
        summary=load("api")["calls"][route.name],
        description=route.view.__doc__,
        operation_id=route.name,
        security=SCHEMES.get(route.gate),
        responses={204: ANSWERS["done"]} if route.gives is None else None,
    )(made)


def refusals(route: Route) -> list[Kind]:
    """All that this route may answer instead, by the order of the file."""
    names = {"too_many_attempts", "store_busy", *route.refuses}
    if route.gate is Gate.RESIDENT:
        names.add("not_signed_in")
    if route.takes is not None:
        names.add("invalid")
    if route.takes is not None and route.takes_in != "query":
        names |= {"malformed", "too_large"}
    if route.has_key:
        names |= {"key_missing", "key_used_otherwise"}
    if "<" in route.rule:
        names.add("not_found")
    return [one for one in problems.kinds().values() if one.name in names]


def add(api: APIFlask) -> None:
    @api.spec_processor
    def finished(spec: dict[str, Any]) -> dict[str, Any]:
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = spec["components"].setdefault("schemas", {})
        schemas |= schema.pop("$defs") | {"Problem": schema}
        for route in ROUTES:
            _finish(spec["paths"][path_of(route)][route.method.lower()], route)
        return spec

    @api.get("/docs")
    @api.doc(hide=True)
    def docs() -> str:
        kinds = problems.kinds().values()
        return render_template("api/docs.html", spec=api.spec, kinds=kinds, schema=_in_words)


def _in_words(schema: dict[str, Any]) -> Markup:
    """A schema in one line, with a link to where it is told whole."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" | ").join(_in_words(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return Markup("[{}]").format(_in_words(schema["items"]))
    bounds = [f"{name} {schema[name]}" for name in BOUNDS if name in schema]
    return Markup("{} {}").format(schema.get("format", schema.get("type", "")), ", ".join(bounds))


def path_of(route: Route) -> str:
    return route.rule.replace("<int:", "{").replace("<", "{").replace(">", "}")


def _finish(operation: dict[str, Any], route: Route) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    if route.has_key:
        operation["parameters"].append(_explained(KEY_HEADER))
    if route.kind is RouteKind.READS:
        operation["parameters"].append(_explained(TAG_HEADER))
        operation["responses"]["304"] = {"description": ANSWERS["known"]}
    operation["responses"] |= dict(_responses(route))
    if links := dict(_links(route)):
        operation["responses"][str(route.status)]["links"] = links


def _explained(header: dict[str, Any]) -> dict[str, Any]:
    return header | {"description": load("api")["headers"][header["name"]]}


def _links(route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, parameter, pointer, targets in LINKS:
        for target in targets if name == route.name else ():
            found = {parameter: f"$response.body#{pointer}"}
            yield target, {"operationId": target, "parameters": found}
    for name, target, part in LINKS_INTO:
        if name == route.name:
            shown = load("api")["examples"][target]
            yield target, {"operationId": target, "requestBody": shown | part}


def _responses(route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    by_status: dict[int, list[Kind]] = {}
    for one in refusals(route):
        by_status.setdefault(one.status, []).append(one)
    for status, kinds in by_status.items():
        yield (
            str(status),
            {
                "description": "; ".join(f"{one.name}: {one.title['zh']}" for one in kinds),
                "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
