"""A house with a row of everything that a page of the console shows, put there by the verbs."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.chapters import chapters
from jobs import listings
from jobs.digests import morning_digest
from jobs.exports import write_file
from jobs.photos import write_files
from jobs.pictures import Picture, clean
from jobs.reports import weekly_report
from models import exports, media, outside_systems
from models.digests import earlier
from models.exports import Export, ExportForm
from models.hazards.table import HazardPhoto
from models.homes import claim
from models.hotline import batches, cells, orders
from models.hotline.batches import Line, Taken
from models.hotline.cells import Order
from models.imports import table as sheets
from models.imports.cells import columns
from models.legacy import opening
from models.localtime import local
from models.matchings.sending import send
from models.mediations import keeping
from models.mediations.keeping import Party, Record
from models.notices import actions as noticing
from models.notices.objections import object_to
from models.open311 import endpoints as elsewhere
from models.operations import finding, planning
from models.operations.finding import Count
from models.operations.planning import Plan
from models.operations.table import FindingPhoto
from models.outside_systems import Power
from models.posts import Role
from models.projects import going, making
from models.projects import sides as answering
from models.projects.flow import ProjectKind
from models.projects.making import Planned
from models.reports import readers
from models.reports.table import Edition, Wish
from models.reports.table import Report as SentReport
from models.roster import doubles, invitations
from models.speakers import speaker
from models.supervisions import asking
from models.supervisions import sides as steering
from models.supervisions.asking import Wanted
from models.tickets import recording, refining
from models.tickets.opening import Report
from models.tickets.recording import Channel
from models.tickets.table import Ticket
from models.unanswered import lists
from models.webhooks import endpoints, sending
from models.whistles import calling
from tests import factories
from tests.app.visitor import House
from tests.chat import Town
from tests.models.test_hazards import found as found_hazard

STREET = "subdistrict_staff"
ROOM = "2-901"
WORDS = "3号楼楼道有人拉飞线充电，堵着消防通道，晚上充一整夜，已经说过两回了"
ELSEWHERE = "https://next.example/open311/v2"
UNKNOWN = "乒乓球室几点开门"


@dataclass
class Scene:
    """布置 — who puts what there when, and what stands there already, as addresses name it."""

    session: Session
    now: datetime
    by: int
    sha256: str
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def tickets(self) -> list[Ticket]:
        """The one with a whistle and a legacy problem, and another; both are steered from above."""
        return [self.session.get_one(Ticket, one) for one in self.known["tickets/ticket_id"]]

    def staff(self, count: int = 1) -> int:
        return factories.demo_person(self.session, "community_staff", count)

    def on(self, days: int) -> date:
        return local(self.now).date() + timedelta(days=days)

    def photo(self) -> int:
        size = {"size": 900, "width": 30, "height": 20}
        return media.bring(self.session, sha256=self.sha256, now=self.now, **size)


Rows = dict[str, Any]


def _matter(scene: Scene) -> Rows:
    """A hazard with a whistle, a photo and words beside it; it may be handed on elsewhere."""
    session, now = scene.session, scene.now
    elsewhere.add(session, "隔壁街道", ELSEWHERE, "theirs", {"other": "9"}, at=now)
    flying = {"category": "ebike_charging", "subcategory": "flying_wire_charging"}
    one = factories.ticket(session, factories.building(session), now, text=WORDS, **flying)
    refining.keep_note(session, one, "先看看现场", by=scene.staff(), at=now)
    calling.sound(session, one, ["fire", "city_management"], by=scene.by, at=now)
    photo = session.get_one(media.Media, scene.photo())
    photo.ticket_id = one.id
    return {"tickets/ticket_id": [one.id], "photos/photo_id": photo.id}


def _topic(scene: Scene) -> Rows:
    """What five people said last week, so that its report has a topic."""
    session, then = scene.session, scene.now - timedelta(days=7)
    where = factories.building(session)
    for _ in range(5):
        who = factories.person(session, now=then).id
        factories.ticket(session, where, then, reporter=who, text="充电桩坏了好几天没人修")
    return {"reports/number": 1}


def _slip(scene: Scene) -> Rows:
    [one] = scene.tickets
    report = Report(
        account="main",
        reporter_id=one.reporter_id,
        text=WORDS,
        category="noise",
        subcategory=None,
        urgency=one.urgency,
        intent=one.intent,
        confidence=0.9,
        area_id=one.area_id,
        community_id=one.community_id,
        place_name=one.place_name,
    )
    opened = recording.record(scene.session, report, Channel.PHONE, "", by=scene.by, at=scene.now)
    numbers = [one.id, opened.ticket_id]
    return {"tickets/ticket_id": numbers, "slips/ticket_id": opened.ticket_id}


def _supervision(scene: Scene) -> Rows:
    tickets = scene.tickets
    holder = steering.choices(scene.session, tickets, scene.by, scene.now)[0]
    wanted = Wanted(holder, "群众多次反映", scene.on(3))
    one = asking.ask(scene.session, tickets, wanted, by=scene.by, at=scene.now)
    return {"supervisions/supervision_id": one.id}


def _project(scene: Scene) -> Rows:
    session, by, now = scene.session, scene.by, scene.now
    tickets = scene.tickets
    area_id = tickets[0].community_id
    owner = answering.owners(session, area_id, now)[0]
    words = ("充电棚", "给三栋楼建充电棚")
    planned = Planned(ProjectKind.LIVELIHOOD, *words, area_id, owner, scene.on(90))
    one = making.make(session, planned, by=by, at=now, account="main")
    for ticket in tickets:
        making.link(session, one, ticket, by=by, at=now)
    making.schedule(session, one, "完成勘察", scene.on(20), by=by, at=now)
    going.start(session, one, by=by, at=now)
    photo = scene.photo()
    going.note(session, one, "进场了", photo, by=by, at=now)
    return {"projects/project_id": one.id, "projects/photo_id": photo}


def _legacy(scene: Scene) -> Rows:
    session, by, now = scene.session, scene.staff(), scene.now
    one = opening.open_problem(session, scene.tickets[0], "3号楼飞线治理", by=by, at=now)
    opening.plan(session, one, "分三步改", by=by, at=now)
    opening.join(session, one, [Role.PROPERTY_STAFF], ["fire"], by=by, at=now)
    opening.schedule(session, one, "完成勘察", scene.on(20), by=by, at=now)
    return {"legacy/number": one.id}


def _hazard(scene: Scene) -> Rows:
    """One on the spot, whose photos hang on no ticket; what both sides saw is compared."""
    session, now = scene.session, scene.now
    one = found_hazard(session, at=now)
    photo = scene.photo()
    session.add(HazardPhoto(photo_id=photo, hazard_id=one.id))
    session.flush()
    assert send(session, "daily_matching", now, factories.building(session).grid_id)
    return {"hazards/number": one.id, "hazards/photo_id": photo}


def _operation(scene: Scene) -> Rows:
    session, by, now = scene.session, scene.by, scene.now
    place = factories.area_named(session, factories.ESTATE).id
    wanted = Plan("飞线夜查", place, now, (Role.BUILDING_HEAD,), ("fire",))
    one = planning.plan(session, wanted, by=by, at=now)
    planning.start(session, one, by=by, at=now)
    counts = [Count("wire_removed", "拆除飞线", 3, "处")]
    [found] = finding.add(session, one, counts, text="拆了3处", by=by, at=now)
    photo = scene.photo()
    told = {"finding_id": found.id, "media_id": photo, "person_id": by, "at": now}
    session.add(FindingPhoto(operation_id=one.id, **told))
    return {"operations/number": one.id, "operations/photo_id": photo}


def _mediation(scene: Scene) -> Rows:
    parties = (Party("住户甲", "13900000001"), Party("住户乙"))
    record = Record(scene.now, "社区调解室", "空调外机滴水", "一周内移装", parties)
    place = factories.building(scene.session).community_id
    one = keeping.keep(scene.session, place, record, by=scene.by, at=scene.now)
    return {"mediations/mediation_id": one.id}


def _notice(scene: Scene) -> Rows:
    """Published, with an objection; and one more that waits for its second reader."""
    session, now = scene.session, scene.now
    place = factories.area_named(session, factories.ESTATE).id
    words = {"kind": "income_expense", "title": "一季度收支", "body": "结余 4000 元。"}
    by = {"by": scene.staff(), "at": now}
    one = noticing.draft(session, area_id=place, **words, **by)
    second = {"by": scene.staff(2), "at": now}
    noticing.review(session, one, **second)
    noticing.schedule(session, one, publish_at=now, **second)
    noticing.publish(session, one, at=now)
    resident = factories.demo_person(session, "resident")
    object_to(session, one, "少算了一个月", by=resident, at=now, account="main")
    noticing.draft(session, area_id=place, **words, **by)
    return {"notices/number": one.id}


def _people(scene: Scene) -> Rows:
    """Whom staff have entered and who writes from the same door; an invitation; a post."""
    session, now = scene.session, scene.now
    where = factories.building(session)
    known = factories.person(session, "居民甲", now)
    factories.home(session, known.id, where, now).room = ROOM
    new = speaker(session, "main", "o-new", now).person_id
    claim(session, new, where, ROOM, now, "main")
    doubles.ask_of_buildings(session, [where.id], now)
    token = invitations.invite(session, scene.staff(), by=scene.by, at=now)
    daily = Edition.DAILY, Wish.WANTED
    readers.say(session, where.community_id, scene.by, *daily, by=scene.by, at=now)
    return {
        "people/person_id": known.id,
        "people/other_id": new,
        "posts/post_id": factories.post_of(session, STREET).id,
        "invited/token": token,
    }


def _outside(scene: Scene) -> Rows:
    session = scene.session
    kept = {"by": factories.demo_person(session, "admin"), "at": scene.now}
    where = factories.area_named(session, "和顺街道").id
    system, _ = outside_systems.register(session, "城管平台", where, list(Power), **kept)
    endpoints.set_address(session, system.id, "https://example.org/linli", **kept)
    factories.ticket(session, factories.building(session), scene.now)
    [told] = sending.claim(session, scene.now, 1)
    sending.failed(session, told, "500", scene.now)
    return {"outside/system_id": system.id}


def _hotline(scene: Scene) -> Rows:
    """A file of the hotline of which one row has to be mended; an order of the first matter."""
    session, now = scene.session, scene.now
    grid = [(1, ["工单编号", "诉求内容"]), (2, ["", "路灯坏了"])]
    batch = batches.keep(session, "12345", "热线.xlsx", grid, by=scene.by, at=now)
    [row] = cells.read(grid)
    batches.note(session, batch.id, [Line(row, Taken.REFUSED, ("没有工单编号",))])
    batches.finish(session, batch.id, now)
    matter = scene.tickets[0]
    brought = Order("12345", "H-1", WORDS, due_at=now + timedelta(hours=1))
    orders.enter(session, brought, matter, matter.reporter_id, at=now)
    return {"hotline/batch_id": batch.id}


def _sheets(scene: Scene) -> Rows:
    kind = "buildings"
    row = {"estate": factories.ESTATE, "number": "77"}
    headings = [one["heading"] for one in columns(kind)]
    cells = [row.get(one["key"], "") for one in columns(kind)]
    grid = [(1, headings), (2, cells)]
    brought = sheets.keep(scene.session, kind, "楼栋.xlsx", grid, by=scene.by, at=scene.now)
    taken = exports.ask(scene.session, "tickets", ExportForm.CSV, {}, 1, by=scene.by, at=scene.now)
    return {
        "imports/sheet_id": brought.id,
        "imports/kind": kind,
        "exports/export_id": taken.id,
    }


SUBJECTS: tuple[Callable[[Scene], Rows], ...] = (
    *(_matter, _topic, _slip, _supervision, _project, _legacy, _hazard, _operation, _mediation),
    *(_notice, _people, _sheets, _outside, _hotline),
)


def furnish(house: House) -> Mapping[str, Any]:
    """What stands in the addresses: the first part of each with the name of its place there."""
    database, now, folder = house.database, house.now, house.settings.data_dir.absolute()
    picture = _picture()
    write_files(folder / "media", picture)
    town = Town(database, now)
    town.person("demo-resident-2").say(UNKNOWN)
    with database.writing() as session:
        by = factories.demo_person(session, STREET)
        scene = Scene(session, now, by, picture.sha256)
        for put in SUBJECTS:
            scene.known |= put(scene)
    morning_digest(database, now)
    weekly_report(database, now)
    _write_export(house, scene.known["exports/export_id"])
    with database.reading() as session:
        return scene.known | _sent(session, by, now)


def _picture() -> Picture:
    file = io.BytesIO()
    Image.new("RGB", (90, 60), "green").save(file, "JPEG")
    return clean(file.getvalue())


def _write_export(house: House, export_id: int) -> None:
    with house.database.reading() as session:
        export = session.get_one(Export, export_id)
    path = house.settings.data_dir.absolute() / "exports" / export.file_name
    path.parent.mkdir(exist_ok=True)
    rows = listings.all_rows(house.database, export.listing, export.maker_id, {}, house.now)
    written = write_file(path, export.form, export.listing, rows)
    with house.database.writing() as session:
        exports.finish(session, export_id, written, house.now)


def _sent(session: Session, by: int, now: datetime) -> Rows:
    """What jobs have made, and what nobody makes."""
    digest = earlier.sent_to(session, by, now)[0]
    unknown = lists.waiting(session, lists.reader_of(session, by, now), now)[0]
    return {
        "digests/digest_id": digest.id,
        "digests/section": digest.shown()[0],
        "reports/report_id": session.scalars(select(SentReport.id)).first(),
        "unanswered/key": unknown.key,
        "jobs/name": "ticket_clock",
        "handbook/key": chapters()[0].key,
    }
