"""Several matters in one message: one ticket at once, several if the resident says so."""

from models.media import Media
from models.tickets.table import About
from tests.chat import Town
from tests.scenarios import looking

TWO = "停车乱,而且路灯也坏了"


def test_two_matters_become_two_tickets_after_one_question(town_on_both: Town) -> None:
    town = town_on_both
    resident = town.person("demo-resident-1")
    asked = resident.say(TWO)
    assert "已受理 #1" in asked and "两件事" in asked and "1 分开" in asked
    assert looking.tickets(town) == 1 and looking.ticket(town).text == TWO
    told = resident.say("1")
    assert "#1 路灯也坏了" in told and "#2 停车乱" in told
    first, second = looking.ticket(town, 1), looking.ticket(town, 2)
    assert (first.category, first.text) == ("facility", "路灯也坏了")
    assert (second.category, second.text) == ("parking", "停车乱")
    assert second.area_id == first.area_id and second.owner_id is not None
    assert "ticket_split" in looking.verbs(town, 1)


def test_who_has_the_ticket_hears_what_is_left_of_it(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(TWO)
    resident.say("分开")
    owner = town.person("demo-property_staff-1")
    assert any("这一件只办：路灯也坏了" in text for text in owner.received())


def test_silence_leaves_one_ticket_and_staff_see_the_hint(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(TWO)
    town.later(hours=25)
    assert looking.tickets(town) == 1
    assert looking.notes(town) == ["这里可能有两件事：1. 停车乱；2. 路灯也坏了"]
    owner = town.person("demo-property_staff-1")
    assert "提示：这里可能有两件事" in owner.say("任务") + owner.say("1")
    assert "停车乱" not in resident.say("进度 1").replace(TWO, "")


def test_one_matter_it_stays_when_they_say_so(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(TWO)
    assert "当一件办" in resident.say("不用分开")
    assert looking.tickets(town) == 1 and looking.ticket(town).text == TWO


def test_the_place_is_asked_first_and_the_split_after_it(town: Town) -> None:
    resident = town.person("demo-resident-4")
    asked = resident.say("电梯又坏了，另外垃圾没人收")
    assert "哪个小区" in asked and "分开" not in asked
    then = resident.say("阳光花园2号楼")
    assert "1 分开" in then and "您住在这栋楼吗" not in then
    resident.say("1")
    assert looking.tickets(town) == 2
    assert looking.ticket(town, 2).place_name == "阳光花园2号楼"


def test_a_part_that_names_its_own_building_goes_there(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("3号楼电梯又坏了，另外5号楼楼道灯不亮")
    resident.say("1")
    places = {
        looking.ticket(town, number).category: looking.ticket(town, number).place_name
        for number in (1, 2)
    }
    assert places == {"elevator": "幸福里小区3号楼", "facility": "幸福里小区5号楼"}


def test_photos_stay_with_the_ticket_they_were_sent_for(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(TWO)
    resident.photo("m1")
    resident.say("1")
    assert town.look(lambda session: session.query(Media).filter_by(ticket_id=1).count()) == 1


def test_a_part_about_the_property_company_is_kept_from_it(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("投诉物业乱收费，另外楼下广场舞太吵了")
    assert looking.ticket(town).about == About.PROPERTY
    resident.say("1")
    assert looking.ticket(town, 2).hides_reporter
    owner = looking.ticket(town, 1).owner_id
    assert owner != town.person("demo-property_staff-1").person_id


def test_what_was_withdrawn_before_the_answer_loses_no_other_matter(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(TWO)
    resident.say("撤回 1")
    assert "#2 停车乱" in resident.say("1")
    assert looking.ticket(town, 1).text == TWO and looking.ticket(town, 1).state == "withdrawn"


def test_after_a_split_each_ticket_is_corrected_added_to_and_withdrawn_by_itself(
    town: Town,
) -> None:
    resident = town.person("demo-resident-1")
    resident.say(TWO)
    resident.say("1")
    assert "环境卫生" in resident.say("改类 2 环境卫生")
    assert "停车" in resident.say("撤销") and looking.ticket(town, 2).category == "parking"
    assert "#1" in resident.say("补充 1 就在单元门口那盏")
    assert "已撤回" in resident.say("撤回 2")
    assert looking.ticket(town, 1).is_open and not looking.ticket(town, 2).is_open
