"""The routes of Open311: each reads or files in one transaction, and refuses in the asked form."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from app.errors import STATUS
from app.limits import SharedLimit
from app.logs import fault
from app.office import Office
from app.open311 import filing, photos, requests, services
from app.open311.discovery import document
from app.open311.forms import JSON, XML, answer
from app.open311.given import read
from app.open311.refusals import Refused, TooMany, Unknown
from config.policy import load
from models.busy import BUSY
from models.errors import DomainError
from models.open311 import lists
from models.open311.public import POLICY

PREFIX = "/open311"
MULTIPART = "multipart/form-data"
FORM = f"<any({JSON},{XML}):form>"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",  # pages of other tools read it; no cookie says who asks
    "Access-Control-Expose-Headers": "Link",
    "Cache-Control": "no-store",
}

log = structlog.get_logger(__name__)


def make_open311(office: Office) -> Blueprint:
    routes = Blueprint("open311", __name__, url_prefix=PREFIX)
    base_url = office.settings.base_url
    _guard(routes, office, (urlsplit(base_url).hostname or "").removeprefix("www."))
    _describe(routes, base_url)
    _read(routes, office)
    _file(routes, office)
    _refuse(routes)
    return routes


def _guard(routes: Blueprint, office: Office, jurisdiction: str) -> None:
    most = load(POLICY)["most"]
    readings = SharedLimit(office.settings.redis_url, most["readings_per_minute"])

    @routes.before_request
    def in_measure() -> None:
        """One house is one jurisdiction; its name may be left out."""
        is_reading = request.method == "GET"  # who files has a key with an allowance of its own
        if is_reading and readings.is_over(POLICY, request.remote_addr or "", office.clock()):
            raise TooMany("too many calls from this address in one minute")
        has_photos = request.mimetype == MULTIPART
        request.max_content_length = most["body_bytes"] if has_photos else most["form_bytes"]
        asked = request.values.get("jurisdiction_id", "")
        if asked not in ("", jurisdiction):
            raise Unknown(f"jurisdiction_id is {jurisdiction}")

    @routes.after_request
    def secured(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response


def _describe(routes: Blueprint, base_url: str) -> None:
    @routes.get(f"/discovery.{FORM}")
    @routes.get(f"/v2/discovery.{FORM}")
    def discovery(form: str) -> Response:
        return answer(form, "discovery", document(base_url + PREFIX))

    @routes.get(f"/v2/services.{FORM}")
    def service_list(form: str) -> Response:
        return answer(form, "services", services.service_list())

    @routes.get(f"/v2/services/<code>.{FORM}")
    def service_definition(code: str, form: str) -> Response:
        service = services.service(code)
        if service is None:
            raise Unknown("there is no service of this service_code")
        return answer(form, "service_definition", services.definition(service))


def _read(routes: Blueprint, office: Office) -> None:
    @routes.get(f"/v2/requests.{FORM}")
    def request_list(form: str) -> Response:
        asked = requests.asked(request.args, office.clock())
        with office.database.reading() as session:
            found = lists.found(session, asked)
        response = answer(form, "service_requests", [requests.shown(one) for one in found])
        response.headers.update(requests.further(request.args, asked, found))
        return response

    @routes.get(f"/v2/requests/<number>.{FORM}")
    def request_of(number: str, form: str) -> Response:
        [ticket_id, *_] = requests.numbers(number)
        with office.database.reading() as session:
            one = lists.one(session, ticket_id)
            if one is None:
                raise Unknown("there is no service request of this service_request_id")
            return answer(form, "service_requests", [requests.shown(one)])

    @routes.get(f"/v2/tokens/<token>.{FORM}")
    def request_of_token(token: str, form: str) -> Response:
        with office.database.reading() as session:
            return answer(form, "service_requests", [filing.of_token(session, token)])


def _file(routes: Blueprint, office: Office) -> None:
    @routes.post(f"/v2/requests.{FORM}")
    def file_request(form: str) -> Response:
        at = office.clock()
        key = request.values.get("api_key", "")
        with office.database.reading() as session:
            system = filing.system_of(session, key, at)
        if office.is_asked_too_often(system, at):
            raise TooMany("too many service requests by this api_key in one minute")
        shots = photos.cleaned(request.files)
        given = read(request.values, [one.sha256 for one in shots])
        photos.write(office.settings, shots)
        meant = filing.understood(given, office.lexicon())
        with office.database.writing() as session:
            said = filing.filed(session, key, given, meant, at, shots)
        return answer(form, "service_requests", [said], 201)


def _refuse(routes: Blueprint) -> None:
    @routes.errorhandler(Refused)
    def refused(refusal: Refused) -> Response:
        return _errors(refusal.code, refusal.description)

    @routes.errorhandler(DomainError)
    def refused_by_the_domain(refusal: DomainError) -> Response:
        return _errors(STATUS.get(type(refusal), 400), refusal.template)

    @routes.errorhandler(HTTPException)
    def of_http(refusal: HTTPException) -> Response:
        return _errors(refusal.code or 500, refusal.name)

    @routes.errorhandler(Exception)
    def unforeseen(failure: Exception) -> Response:
        log.error("open311_failed", route=request.endpoint, **fault(failure))
        is_busy = isinstance(failure, BUSY)
        return _errors(503 if is_busy else 500, "not answered; try again later")

    @routes.route("/", defaults={"_": ""}, methods=["GET", "POST"])
    @routes.route("/<path:_>", methods=["GET", "POST"])
    def elsewhere(_: str) -> Response:
        raise Unknown(f"nothing here; see {PREFIX}/discovery.xml")


def _errors(code: int, description: str) -> Response:
    """XML is the form that the standard demands, where none was asked for."""
    form = JSON if request.path.endswith(f".{JSON}") else XML
    content: list[Any] = [{"code": code, "description": description}]
    return answer(form, "errors", content, code)
