"""我的办件: one's own month in chat, and only one's own."""

from datetime import timedelta

from models.base import Database
from models.ticket_flow import Action
from models.tickets.actions import apply
from tests.chat import Town
from tests.factories import MORNING, actor, building, ticket, town


def test_who_had_matters_in_hand_reads_their_month_and_others_read_theirs(
    database: Database,
) -> None:
    town(database, MORNING - timedelta(days=40))
    with database.writing() as session:
        one = ticket(session, building(session), MORNING - timedelta(hours=1))
        worker = actor(session, "grid_worker")
        assert one.owner_id == worker.person_id
        apply(session, one, Action.ACCEPT, by=worker, at=MORNING)
    said = Town(database, MORNING).person("demo-grid_worker-1").say("我的办件")
    assert said.startswith("【我的办件】只有您自己看得到。\n3月：经手 1 件\n· 按时接单 1 件，")
    assert said.endswith("2月：没有经手的事。")
    other = Town(database, MORNING).person("demo-community_staff-1").say("我的办件")
    assert "3月：没有经手的事。" in other


def test_a_resident_is_not_offered_it(database: Database) -> None:
    town(database)
    said = Town(database, MORNING).person("demo-resident-1").say("我的办件")
    assert "【我的办件】" not in said
