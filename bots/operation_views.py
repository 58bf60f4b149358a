"""The plain facts of joint operations that templates put into words."""

from typing import Any

from bots.chat import Chat
from models.operations import finding, lists, sides, telling
from models.operations.flow import Reply
from models.operations.table import Finding, Member, Operation
from models.people import Person
from models.posts import UNPAID


def facts(chat: Chat, operation: Operation) -> dict[str, Any]:
    return telling.facts(chat.session, operation)


def sums(chat: Chat, operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "label": one.label,
            "count": one.count,
            "unit": one.unit,
            "is_settled": one.is_settled,
        }
        for one in lists.sums(chat.session, operation)
    ]


def whole(chat: Chat, operation: Operation) -> dict[str, Any]:
    """Everything for those who take part; who can not come is named only where it is a duty."""
    members = sides.members(chat.session, operation)
    return facts(chat, operation) | {
        "coming": [_line(chat, one) for one in members if one.reply == Reply.COMING],
        "silent": [_line(chat, one) for one in members if one.reply == Reply.ASKED],
        "declined": [
            _line(chat, one)
            for one in members
            if one.reply == Reply.DECLINED and one.role not in UNPAID
        ],
        "sums": sums(chat, operation),
        "photos": lists.photo_count(chat.session, operation),
        "notice_id": operation.notice_id,
    }


def _line(chat: Chat, member: Member) -> dict[str, Any]:
    person = chat.session.get_one(Person, member.person_id)
    return {"role": member.role, "department": member.department, "name": person.name}


def entry(one: Finding) -> dict[str, Any]:
    return {
        "label": finding.label_of(one.kind, one.name, is_settled=one.is_settled),
        "is_settled": one.is_settled,
        "count": one.count,
        "unit": one.unit,
        "building": one.building,
    }
