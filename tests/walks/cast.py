"""Who takes part in a walk, and what each of them truly is to the matter."""

from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from models.on_duty import Holder
from models.people import Identity, Person
from models.places import AreaWithin
from models.posts import Absence, Post
from models.tickets.step import CLOCK, Actor
from models.tickets.table import About, Assignment, Supporter, Ticket
from tests.factories import area_named, building, ticket

PEOPLE = (
    *("resident-1", "resident-2", "resident-5", "resident-6", "building_head-1"),
    *("building_head-2", "unit_head-1", "grid_worker-1", "grid_worker-3", "grid_leader-1"),
    *("grid_leader-4", "community_staff-1", "community_staff-2", "community_staff-3"),
    *("subdistrict_staff-1", "subdistrict_staff-2", "department_liaison-1"),
    *("department_liaison-2", "department_liaison-3", "property_staff-1", "property_staff-2"),
    *("committee_member-1", "duty_desk-1"),
)
REPORTERS = (
    *("resident-1", "resident-2", "resident-5", "resident-6"),
    *("building_head-1", "community_staff-1", "property_staff-1"),  # people live here as well
)
STRANGER = "路人"
SUPERVISING = frozenset({"grid_leader", "community_staff", "subdistrict_staff", "duty_desk"})
# Of whom a matter complains → the roles that must neither see, get nor close it.
ACCUSED = {
    None: frozenset[str](),
    About.PROPERTY: frozenset({"property_staff"}),
    About.BUILDING_HEAD: frozenset({"building_head", "unit_head"}),
    About.COMMITTEE: frozenset({"committee_member"}),
    About.GRID: frozenset({"grid_worker", "grid_leader"}),
    About.COMMUNITY: frozenset({"community_staff"}),
}
FAR = datetime.max.replace(tzinfo=UTC)
Term = tuple[Post, datetime, datetime]
CLASSES = ("noise", "parking", "sanitation", "ebike_charging", "illegal_building", "not_estate")


class Cast:
    """演员表 — the people of the demo town around one building, their posts and places."""

    def __init__(self, session: Session, chance: Random) -> None:
        self.session, self.chance = session, chance
        names = session.execute(select(Identity.openid, Identity.person_id))
        self.ids = {openid.removeprefix("demo-"): person for openid, person in names}
        self.stranger = session.scalars(select(Person.id).where(Person.name == STRANGER)).one()
        self.posts = session.scalars(select(Post).order_by(Post.id)).all()
        self.place, self.root = building(session), area_named(session, "云溪区").id
        pairs = session.execute(select(AreaWithin.area_id, AreaWithin.outer_id)).all()
        self.within = {(inner, outer) for inner, outer in pairs}
        self.moved: list[Post] = []
        self.leaves = list(session.scalars(select(Absence)))
        self.gone: list[Absence] = []

    def ticket(self, at: datetime) -> Ticket:
        """A matter of any kind; now and then its reporter holds a post themselves."""
        chance = self.chance
        about = chance.choice([None, None, *About])
        urgency = chance.choices([*Urgency], (6, 2, 1))[0]
        is_placed = chance.random() < 0.9
        return ticket(
            self.session,
            self.place if is_placed else None,
            at,
            reporter=self.ids[chance.choice(REPORTERS)],
            category=chance.choice(CLASSES),
            about=about,
            urgency=urgency,
            emergency="fire" if urgency == Urgency.EMERGENCY else None,
            intent=chance.choice([Intent.REPORT, Intent.REPORT, Intent.ENQUIRY]),
        )

    def twin(self, one: Ticket, at: datetime) -> Ticket:
        """Another report of the same, by somebody else."""
        others = [name for name in REPORTERS if self.ids[name] != one.reporter_id]
        return ticket(
            self.session,
            self.place,
            at,
            reporter=self.ids[self.chance.choice(others)],
            category=one.category,
            about=one.about,
        )

    def somebody(self, one: Ticket) -> Actor:
        """Anybody at all; who reported it, works on it or watches over it more often."""
        drawn = self.chance.random()
        if drawn < 0.1:
            return CLOCK
        if drawn < 0.3:
            return Actor(self.ids[self.chance.choice(PEOPLE)])
        asked = self.session.scalars(
            select(Assignment.person_id).where(Assignment.ticket_id == one.id)
        ).all()
        watching = self.ids[self.chance.choice(("community_staff-1", "grid_leader-1"))]
        near = [one.reporter_id, one.owner_id, one.owner_id, watching, self.stranger, *asked]
        return Actor(self.chance.choice([who for who in near if who is not None]))

    def holder(self) -> Holder:
        """Any post of the town, more often one that serves the place, accused or not."""
        is_near = self.chance.random() < 0.6
        post = self.chance.choice(self._near() if is_near else self.posts)
        return Holder(post.id, post.person_id, post.role, post.department, 0)

    def move(self, at: datetime) -> None:
        """A post that serves the place falls vacant, or is held again."""
        is_back = bool(self.moved) and self.chance.random() < 0.5
        post = self.chance.choice(self.moved if is_back else self._near())
        if post in self.moved:
            self.moved.remove(post)
            post.until = None
        else:
            self.moved.append(post)
            post.until = at
        self.session.flush()

    def leave(self, at: datetime) -> None:
        """Who holds a post that serves the place goes on leave, with a substitute or without:
        maybe one who stands in for others already, or who has the matter in hand."""
        away_now = {leave.post_id for leave in self.leaves}
        free = [post for post in self.posts if post.id not in away_now and post not in self.moved]
        near = [post for post in free if (self.place.id, post.area_id) in self.within]
        if not near:
            return
        away = self.chance.choice(near)
        others = [post for post in free if post.role == away.role and post is not away]
        instead = self.chance.choice([*others, None])
        until = at + timedelta(days=self.chance.choice((1, 4, 9)))
        substitute_id = instead.id if instead else None
        leave = Absence(post_id=away.id, since=at, until=until, substitute_id=substitute_id)
        self.session.add(leave)
        self.session.flush()
        self.leaves.append(leave)
        self.gone.append(leave)

    def answers(self, post: Post, at: datetime) -> int | None:
        """Who is there for this post now."""
        if post.until is not None and post.until <= at:
            return None
        for leave in self.leaves:
            if leave.post_id == post.id and leave.since <= at < leave.until:
                instead = [other for other in self.posts if other.id == leave.substitute_id]
                return self.answers(instead[0], at) if instead else None
        return post.person_id

    def _near(self) -> list[Post]:
        return [one for one in self.posts if (self.place.id, one.area_id) in self.within]

    def go_home(self) -> None:
        for post in self.moved:
            post.until = None
        for leave in self.gone:
            self.session.delete(leave)
        self.session.flush()

    def relation(self, one: Ticket, by: Actor, at: datetime) -> frozenset[str]:
        """What this actor is to the matter, by the rows and posts themselves."""
        if by.person_id is None:
            return frozenset({"clock"})
        is_reporter = by.person_id == one.reporter_id and one.reporter_left_at is None
        mine = {"reporter"} if is_reporter else set[str]()
        if self.is_accused(one, by.person_id):
            return frozenset(mine)
        asked = select(Assignment.part).where(
            Assignment.ticket_id == one.id,
            Assignment.person_id == by.person_id,
            Assignment.answer.in_(["asked", "accepted"]),
        )
        mine |= {"owner" if part == "owner" else "helper" for part in self.session.scalars(asked)}
        joined = select(Supporter.id).where(
            Supporter.ticket_id == one.id, Supporter.person_id == by.person_id
        )
        if self.session.scalars(joined).first() is not None:
            mine.add("supporter")
        if any(post.role in SUPERVISING for post in self._serving(one, by.person_id, at)):
            mine.add("supervisor")
        return frozenset(mine)

    def _serving(self, one: Ticket, person_id: int, at: datetime) -> list[Post]:
        where = one.area_id or self.root
        return [
            post
            for post in self.posts
            if (where, post.area_id) in self.within and self.answers(post, at) == person_id
        ]

    def is_accused(self, one: Ticket, person_id: int) -> bool:
        return person_id in self.accused(one)

    def accused(self, one: Ticket) -> frozenset[int]:
        """Whoever held such a post around or inside the place since the matter came up, and who
        stood in for them."""
        where, roles = one.area_id or self.root, ACCUSED[one.about]
        meant = {
            post.id
            for post in self.posts
            if post.role in roles and {(where, post.area_id), (post.area_id, where)} & self.within
        }
        since = one.reported_at or one.opened_at
        terms = [(post, post.since, post.until or FAR) for post in self.posts if post.id in meant]
        return frozenset(
            post.person_id for post, _, until in self._with_substitutes(terms) if until > since
        )

    def _with_substitutes(self, terms: list[Term]) -> list[Term]:
        """These and who stood in for them, and for those, each while all of it lasted."""
        found: list[Term] = []
        while terms:
            found += terms
            posts = {post.id: post for post in self.posts}
            stood_in = [
                (posts[leave.substitute_id], max(since, leave.since), min(until, leave.until))
                for post, since, until in terms
                for leave in self.leaves
                if leave.post_id == post.id and leave.substitute_id is not None
            ]
            terms = [one for one in stood_in if one[1] < one[2] and one not in found]
        return found


def later(at: datetime, chance: Random) -> datetime:
    return at + timedelta(minutes=chance.choice((0, 1, 1, 5, 9, 11, 30, 240, 1500)))
