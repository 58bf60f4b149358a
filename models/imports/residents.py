"""Sheets of residents: who lives where, from the community's own register."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from models import events
from models.errors import TooManyHomes
from models.events import Fact
from models.homes import LIVING, MOST, Home, HomeState
from models.imports.cells import Cells, CellUnfit, Row
from models.imports.work import Verdict, Work
from models.people import Person
from models.places import AreaKind
from models.roster import doubles, people, persons, phones
from models.sealing import new_own_key


@dataclass
class Residents:
    """住户名册 — residents of one sheet: looked up and written all at once, for they are many."""

    work: Work
    fresh: list[tuple[Person, Home]] = field(default_factory=list)
    people: dict[str, Person | None] = field(default_factory=dict)
    lives: dict[int, list[Home]] = field(default_factory=lambda: defaultdict(list))
    named: dict[tuple[int, str], Person] = field(default_factory=dict)
    looked_at: set[int] = field(default_factory=set)

    def look_up(self, rows: Iterable[Row]) -> None:
        """Everybody whom the sheet names by phone, with their homes, in a few looks."""
        numbers = {row.cells["phone"] for row in rows if row.cells.get("phone")}
        self.people.update(dict.fromkeys(numbers))
        self.people.update(persons.by_phones(self.work.session, numbers))
        known = {one.id: one for one in self.people.values() if one is not None}
        for one in known.values():
            self.lives[id(one)] = []
        for home in people.living(self.work.session, list(known)):
            self.lives[id(known[home.person_id])].append(home)

    def take(self, cells: Cells) -> Verdict:
        estate = self.work.places.named(cells["estate"], {AreaKind.ESTATE})
        building = self.work.places.numbered(estate, AreaKind.BUILDING, cells["number"])
        room = "-".join(one for one in (cells.get("unit"), cells.get("room")) if one) or None
        self._look(building.id)
        who = self._person(cells, building.id)
        homes = self.lives[id(who)]
        same = [one for one in homes if one.area_id == building.id and room in (None, one.room)]
        if same:
            return self._verified(same[0])
        if len(homes) >= MOST:
            raise TooManyHomes
        home = Home(
            area_id=building.id,
            room=room,
            state=HomeState.VERIFIED,
            claimed_at=self.work.at,
            answered_at=self.work.at,
            answered_by=self.work.by,
            is_usual=not homes,
        )
        homes.append(home)
        self.fresh.append((who, home))
        return Verdict.ADDED

    def finish(self) -> None:
        """Everybody new with their homes, and an event of each home."""
        session = self.work.session
        session.add_all({id(who): who for who, _ in self.fresh}.values())
        session.flush()
        for who, home in self.fresh:
            home.person_id = who.id
        session.add_all([home for _, home in self.fresh])
        session.flush()
        events.record(session, *(self._fact(home) for _, home in self.fresh))
        fresh = {home.area_id for _, home in self.fresh}
        doubles.ask_of_buildings(session, fresh, self.work.at, by=self.work.by)

    def _person(self, cells: Cells, building_id: int) -> Person:
        name, phone = cells["name"], cells.get("phone")
        found = self.people.get(phone) if phone else self.named.get((building_id, name))
        if found is None:
            found = Person(
                name=persons.fit_name(name), own_key=new_own_key(), created_at=self.work.at
            )
            if phone:
                phones.keep(found, phone)
                self.people[phone] = found
            self.named.setdefault((building_id, name), found)
        elif found.name != name:
            raise CellUnfit(column="phone", why="other_name")
        if found.id is not None and id(found) not in self.lives:
            self.lives[id(found)] = people.living(self.work.session, [found.id])
        return found

    def _look(self, building_id: int) -> None:
        """Who lives in the building already, by name: one look a building."""
        if building_id in self.looked_at:
            return
        self.looked_at.add(building_id)
        rows = self.work.session.execute(
            select(Person, Home)
            .join(Home, Home.person_id == Person.id)
            .where(Home.area_id == building_id, Home.state.in_(LIVING))
            .order_by(Home.id)
        )
        for person, _ in rows:
            if person.name:
                self.named.setdefault((building_id, person.name), person)

    def _verified(self, home: Home) -> Verdict:
        """The register says so: nobody needs to be asked any more."""
        if home.state == HomeState.VERIFIED:
            return Verdict.UNCHANGED
        home.state, home.asked_id = HomeState.VERIFIED, None
        home.answered_at, home.answered_by = self.work.at, self.work.by
        self.work.session.flush()
        events.record(self.work.session, self._fact(home, "home_verified"))
        return Verdict.CHANGED

    def _fact(self, home: Home, verb: str = "home_entered") -> Fact:
        return Fact(
            verb=verb,
            subject_kind="home",
            subject_id=home.id,
            at=self.work.at,
            actor_id=self.work.by,
            new=home.state,
            area_id=home.area_id,
        )
