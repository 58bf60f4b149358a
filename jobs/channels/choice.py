"""The channel a message takes, by what its recipient's rights allow at this moment."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from jobs.channels import wechat_client as api
from jobs.channels.forms import form_of
from models import consents, rights
from models.accounts import EVERY_API, MINI, Account, AccountKind, stops
from models.attempts import Claimed
from models.outbox import Channel
from models.people import Identity, Person

PREFERENCE: tuple[Channel, ...] = (Channel.CUSTOM, Channel.SUBSCRIPTION, Channel.TEMPLATE)


@dataclass(frozen=True, slots=True)
class Route:
    """去路 — channel, recipient, and the platform's template where the channel has one."""

    channel: Channel
    account: str
    api: str
    identity_id: int | None = None
    openid: str = ""
    language: str = "zh"
    template_id: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """暂停 — there is a way, but the platform will not take it before that moment."""

    until: datetime


class Rights:
    """What the recipients of one batch allow; reserving a route takes its cost at once, so that
    messages sent side by side never ask for more than there is."""

    def __init__(self, session: Session, batch: Sequence[Claimed], now: datetime) -> None:
        self._session = session
        self._now = now
        self._stops = {(one.account, one.api): one.until for one in stops(session, now)}
        self._identities = identities_of(session, {m.person_id for m in batch if m.person_id})
        kept_as_mini = select(Account.key).where(Account.kind == AccountKind.MINI)
        self._minis = {MINI, *session.scalars(kept_as_mini)}

    def reserve_each(self, messages: Sequence[Claimed]) -> list[Route | Rest | None]:
        """The best way for each; None when no channel may bring it, now or soon.

        Most go the first way that they try, and those are asked for together.
        """
        first = {one.id: route for one in messages if (route := self._first(one)) is not None}
        asking: dict[int, int] = {}  # identity → message: no identity twice
        for message_id, route in first.items():
            asking.setdefault(route.identity_id or 0, message_id)
        taken = rights.take_each(self._session, asking.keys(), self._now)
        have = {asking[identity_id] for identity_id in taken}
        return [first[one.id] if one.id in have else self._reserve(one) for one in messages]

    def _first(self, message: Claimed) -> Route | None:
        """The way it tries first, if that is a customer message and nothing stands against it."""
        route = next(self._routes(message), None)
        if route is None or route.channel is not Channel.CUSTOM or self._resting_until(route):
            return None
        return route

    def _reserve(self, message: Claimed) -> Route | Rest | None:
        resting = []
        for route in self._routes(message):
            until = self._resting_until(route)
            if until is not None:
                resting.append(until)
            elif self._take(route):
                return route
        return Rest(min(resting)) if resting else None

    def _routes(self, message: Claimed) -> Iterator[Route]:
        if message.audience is not None:
            yield Route(Channel.MASS, message.account, api.MASS_SENDALL)
            return
        ours = [one for one in self._identities.get(message.person_id or 0, ()) if not one.refuses]
        channels = PREFERENCE
        if message.channel is not None:  # a repeat goes the same way to the same identity
            ours = [one for one in ours if one.id == message.identity_id]
            channels = (message.channel,)
        # The account they wrote to first, then whatever else they follow.
        for identity in sorted(ours, key=lambda one: (one.account != message.account, one.id)):
            for channel in channels:
                route = self._route(channel, identity, message.template)
                if route is not None:
                    yield route

    def _route(self, channel: Channel, identity: Identity, template: str) -> Route | None:
        if not self._is_possible(channel, identity):
            return None
        form = None if channel is Channel.CUSTOM else form_of(template)
        template_id = form.id_for(channel, identity.account) if form else ""
        if channel is not Channel.CUSTOM and not template_id:
            return None
        return Route(
            channel,
            identity.account,
            self._path(channel, identity.account),
            identity.id,
            identity.openid,
            identity.language,
            template_id,
        )

    def _is_possible(self, channel: Channel, identity: Identity) -> bool:
        # Nobody follows a mini-program, and it has no template messages of the old kind.
        is_mini = identity.account in self._minis
        if channel is Channel.SUBSCRIPTION:
            return True
        if channel is Channel.TEMPLATE:
            return identity.is_following and not is_mini
        has_window = identity.window_until is not None and identity.window_until > self._now
        return has_window and identity.window_left > 0 and (identity.is_following or is_mini)

    def _path(self, channel: Channel, account: str) -> str:
        if channel is Channel.SUBSCRIPTION:
            return api.SUBSCRIBE_SEND if account in self._minis else api.SUBSCRIBE_BIZSEND
        return api.CUSTOM_SEND if channel is Channel.CUSTOM else api.TEMPLATE_SEND

    def _resting_until(self, route: Route) -> datetime | None:
        found = [self._stops.get((route.account, name)) for name in (route.api, EVERY_API)]
        return max(filter(None, found), default=None)

    def _take(self, route: Route) -> bool:
        if route.identity_id is None or route.channel is Channel.TEMPLATE:
            return True
        if route.channel is Channel.CUSTOM:
            return rights.take(self._session, route.identity_id, self._now)
        return consents.consume(self._session, route.identity_id, route.template_id)


def give_back(session: Session, route: Route) -> None:
    """The message did not leave: what was reserved for it is free again."""
    if route.identity_id is None:
        return
    if route.channel is Channel.CUSTOM:
        rights.give_back(session, route.identity_id)
    elif route.channel is Channel.SUBSCRIPTION:
        consents.grant(session, route.identity_id, route.template_id)


def identities_of(session: Session, person_ids: set[int]) -> Mapping[int, list[Identity]]:
    """Person → identities, those of persons merged with them included."""
    merged = select(Person.id, Person.merged_into).where(
        or_(Person.id.in_(person_ids), Person.merged_into.in_(person_ids))
    )
    heads = {person_id: into or person_id for person_id, into in session.execute(merged)}
    wanted = set(heads) | set(heads.values())
    by_head: dict[int, list[Identity]] = defaultdict(list)
    for one in session.scalars(select(Identity).where(Identity.person_id.in_(wanted))):
        by_head[heads.get(one.person_id, one.person_id)].append(one)
    return {person_id: by_head[heads.get(person_id, person_id)] for person_id in person_ids}
