"""Which role may open which route of the console: one table, asked by every page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jobs import listings
from models.hazards.rules import readers as hazard_readers
from models.legacy.desk import staff_roles as legacy_staff
from models.notices.desk import readers, writers
from models.operations.desk import planning_roles
from models.policies import editors, editors_of_any
from models.posts import PAID, Role
from models.projects.sides import staff_roles
from models.protection import SUPERVISING
from models.roster.rights import Right, roles_with
from models.sign_ins import MAY_SIGN_IN
from models.supervisions.sides import supervisors


class Open(StrEnum):
    """开放程度 — pages that come before the roles count."""

    ANYBODY = "anybody"  # nobody is signed in yet
    SIGNED_IN = "signed_in"  # also where the second factor is still missing


STAFF = MAY_SIGN_IN
SERVING = STAFF - {Role.ADMIN}  # an administrator keeps accounts and reads no resident's matter
ADMIN = frozenset({Role.ADMIN})
UNPLACED = roles_with(Right.MESSAGES) | {Role.DUTY_DESK}  # one of them supervises all
PUBLICITY = readers() & MAY_SIGN_IN  # whoever writes, reviews or answers for some notice
WRITING = writers() & MAY_SIGN_IN
SETTING = editors_of_any()
MEDIATING = roles_with(Right.MEDIATE) | roles_with(Right.MEDIATIONS)
BRINGING = roles_with(Right.AREAS) | roles_with(Right.POSTS) | roles_with(Right.REGISTER)
PLANNING = planning_roles() & MAY_SIGN_IN
LEDGER = hazard_readers() & MAY_SIGN_IN

Gate = Open | frozenset[Role]

# Which tickets somebody sees is no matter of roles: models.tickets.sight rules on each.
ROUTES: Mapping[str, Gate] = {
    "sign_in": Open.ANYBODY,
    "sign_in_try": Open.ANYBODY,
    "scan": Open.ANYBODY,
    "scan_open": Open.ANYBODY,
    "scan_state": Open.ANYBODY,
    "sign_out": Open.SIGNED_IN,
    "second_factor": Open.SIGNED_IN,
    "second_factor_try": Open.SIGNED_IN,
    "home": STAFF,
    "queue": SERVING,
    "at_once": SERVING,
    "ticket": SERVING,
    "ticket_act": SERVING,
    "ticket_class": SERVING,
    "ticket_note": SERVING,
    "ticket_reporter": SERVING,
    "talk": SERVING,
    "take_over": SERVING,
    "answer": SERVING,
    "hand_back": SERVING,
    "photo": SERVING,
    "whistle_sound": SERVING,
    "hand_on": SERVING,
    "whistle_end": SERVING,
    "call_answer": SERVING,
    "supervisions": PAID,
    "supervision": PAID,
    "supervision_act": PAID,
    "supervision_new": supervisors(),
    "supervision_draft": supervisors(),
    "supervision_ask": supervisors(),
    "mediations": MEDIATING,
    "mediation_new": roles_with(Right.MEDIATE),
    "mediation_keep": roles_with(Right.MEDIATE),
    "mediation": MEDIATING,
    "mediation_act": MEDIATING,
    "mediation_sheet": MEDIATING,
    "projects": PAID,
    "project": PAID,
    "project_act": PAID,
    "project_photo": PAID,
    "project_new": staff_roles(),
    "project_make": staff_roles(),
    "view_save": SERVING,
    "view_drop": SERVING,
    "access_log": ADMIN,
    "outside": roles_with(Right.OUTSIDE),
    "outside_register": roles_with(Right.OUTSIDE),
    "outside_system": roles_with(Right.OUTSIDE),
    "outside_act": roles_with(Right.OUTSIDE),
    "outside_resend": roles_with(Right.OUTSIDE),
    "hotline": roles_with(Right.HOTLINE),
    "hotline_bring": roles_with(Right.HOTLINE),
    "hotline_refused": roles_with(Right.HOTLINE),
    "hotline_results": roles_with(Right.HOTLINE),
    "hotline_act": roles_with(Right.HOTLINE),
    "areas": roles_with(Right.STAFF),
    "area_change": roles_with(Right.AREAS),
    "area_add": roles_with(Right.AREAS),
    "area_move": roles_with(Right.AREAS),
    "house_map": SUPERVISING,
    "imports": BRINGING,
    "import_check": BRINGING,
    "import_shown": BRINGING,
    "import_apply": BRINGING,
    "import_drop": BRINGING,
    "import_template": BRINGING,
    "record_form": roles_with(Right.RECORD),
    "record": roles_with(Right.RECORD),
    "slip": roles_with(Right.RECORD),
    "absences": STAFF,
    "absence": STAFF,
    "absence_enter": STAFF,
    "absence_end": STAFF,
    "exports": STAFF,
    "export_take": STAFF,
    "export_file": STAFF,
    "area_post": roles_with(Right.POSTS),
    "people": roles_with(Right.STAFF),
    "person": roles_with(Right.STAFF),
    "person_phone": roles_with(Right.STAFF),
    "person_matters": roles_with(Right.RESIDENTS),
    "person_change": roles_with(Right.POSTS) | roles_with(Right.REGISTER),
    "join_code": roles_with(Right.REGISTER),
    "person_tags": roles_with(Right.REGISTER),
    "home_answer": roles_with(Right.RESIDENTS),
    "doubles": roles_with(Right.REGISTER),
    "double": roles_with(Right.REGISTER),
    "double_answer": roles_with(Right.REGISTER),
    "post_give": roles_with(Right.POSTS),
    "post_end": roles_with(Right.POSTS),
    "invite": roles_with(Right.POSTS),
    "second_factor_reset": roles_with(Right.POSTS),
    "invited": Open.ANYBODY,
    "invited_take": Open.ANYBODY,
    "figures": SUPERVISING,
    "figures_list": SUPERVISING,
    "digests": SUPERVISING,
    "digest_list": SUPERVISING,
    "reports": SUPERVISING,
    "report": SUPERVISING,
    "report_topic": SUPERVISING,
    "report_excel": SUPERVISING,
    "report_pdf": SUPERVISING,
    "report_readers": SUPERVISING,
    "report_reader": SUPERVISING,
    "robot_add": SUPERVISING,
    "robot_end": SUPERVISING,
    "notices": PUBLICITY,
    "notice": PUBLICITY,
    "notice_new": WRITING,
    "notice_draft": WRITING,
    "notice_edit": PUBLICITY,
    "notice_text": PUBLICITY,
    "notice_act": PUBLICITY,
    "notice_poster": PUBLICITY,
    "notice_archive": PUBLICITY,
    "objection_answer": PUBLICITY,
    "publicity": PUBLICITY,
    "publicity_act": PUBLICITY,
    "messages": roles_with(Right.MESSAGES),
    "message_act": roles_with(Right.MESSAGES),
    "message_calls": roles_with(Right.MESSAGES),
    "message_told": roles_with(Right.MESSAGES),
    "message_groups": roles_with(Right.MESSAGES),
    "message_group_act": roles_with(Right.MESSAGES),
    "message_unworked": UNPLACED,
    "message_unworked_act": UNPLACED,
    "message_errcodes": roles_with(Right.JOBS),
    "jobs": roles_with(Right.JOBS),
    "job_runs": roles_with(Right.JOBS),
    "job_run": roles_with(Right.RUN_JOBS),
    "settings": SETTING,
    "setting": SETTING,
    "setting_look": SETTING,
    "setting_publish": SETTING,
    "setting_version": SETTING,
    "setting_revert": SETTING,
    "lexicon": editors("lexicon", "house", "anywhere"),
    "unanswered": roles_with(Right.UNANSWERED),
    "unanswered_settled": roles_with(Right.UNANSWERED),
    "unanswered_reopen": roles_with(Right.UNANSWERED),
    "unanswered_group": roles_with(Right.UNANSWERED),
    "unanswered_answer": roles_with(Right.UNANSWERED),
    "unanswered_dismiss": roles_with(Right.UNANSWERED),
    "wording_list": SETTING,
    "hazards": LEDGER,
    "hazard": LEDGER,
    "hazard_act": LEDGER,
    "hazard_photo": LEDGER,
    "matchings": LEDGER,
    "legacy_problems": SERVING,
    "legacy": SERVING,
    "legacy_act": SERVING,
    "legacy_new": legacy_staff(),
    "legacy_open": legacy_staff(),
    "operations": SERVING,
    "operation": SERVING,
    "operation_act": SERVING,
    "operation_photo": SERVING,
    "operation_new": PLANNING,
    "operation_plan": PLANNING,
    "handbook": STAFF,
    "handbook_whole": STAFF,
    "handbook_chapter": STAFF,
    "account": STAFF,
    "account_keep": STAFF,
    "account_sign_out": STAFF,
}


@dataclass(frozen=True, slots=True)
class Page:
    """页面 — one route with its view and who may open it."""

    rule: str
    method: str
    name: str
    view: Callable[..., Any]
    gate: Gate


PAGES: dict[str, Page] = {}


def page(rule: str, method: str = "GET") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a view under its own name; one that the table does not know is refused."""

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        name = view.__name__
        if name not in ROUTES:
            raise LookupError(f"{name} is missing in the table of routes")
        if name in PAGES:
            raise ValueError(f"two views for {name}")
        PAGES[name] = Page(rule, method, name, view, ROUTES[name])
        return view

    return register


def may_open(name: str, roles: frozenset[Role]) -> bool:
    """Whether a page that exists is for one of these roles; menus show no others."""
    gate = ROUTES.get(name)
    return name in PAGES and isinstance(gate, frozenset) and bool(gate & roles)


def may_take(listing: str, roles: frozenset[Role]) -> bool:
    """Whether one of these roles takes the list away; buttons for it show where it does."""
    return bool(listings.roles(listing) & roles)
