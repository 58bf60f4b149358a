"""What a person wants, and whether a life is in danger now."""

import pytest

from bots.understand import understand
from config.categories import Intent, Urgency
from tests.bots.lexicons import shipped

EMERGENCIES = [
    ("三号楼电梯困人了，快来", "lift_trapped"),
    ("我被困在电梯里了，按铃没人应", "lift_trapped"),
    ("5栋二单元着火了！！", "fire"),
    ("楼下电动车着火了快救火", "fire"),
    ("配电箱冒烟了", "fire"),
    ("厨房一股煤气味，不敢开灯", "gas"),
    ("楼道里闻到煤气，好像漏气了", "gas"),
    ("有人要跳楼，在8栋楼顶", "roof_edge"),
    ("有个姑娘站在天台边上要跳下去", "roof_edge"),
    ("水泵房有人触电了", "electric_shock"),
    ("老人晕倒在小区门口，没有呼吸了", "collapsed"),
    ("我爸突然倒下叫不醒", "collapsed"),
    ("小孩掉进化粪池了", "drowning"),
    ("有人落水了，景观湖这边", "drowning"),
    ("北门有人拿刀砍人", "violence"),
    ("围墙塌下来了压到人了", "building_collapse"),
    ("有人吗救命，我被关电梯了", "lift_trapped"),
    ("电梯停在半空了我出不去", "lift_trapped"),
    ("我在3栋电梯里，电梯不动了，门打不开", "lift_trapped"),
    ("煤气灶漏气了，闻到很大味", "gas"),
    ("有老人摔倒了起不来", "collapsed"),
    ("我爸心脏不舒服，快来人", "collapsed"),
    ("井里掉了个小孩", "drowning"),
    ("孩子卡在护栏里了", "person_trapped"),
    ("门锁坏了，孩子一个人锁在屋里", "person_trapped"),
    ("有人砸门要打我", "violence"),
    ("上周刚修的电梯，现在又把我妈困在电梯里出不来", "lift_trapped"),
]

NOT_NOW = [
    "上周着过火，现在消防栓还没水",
    "电梯经常困人，物业也不换",
    "上个月我妈被困电梯里四十分钟才出来",
    "楼道堆那么多纸箱，容易着火",
    "万一着火了跑都跑不掉",
    "昨天3栋着火了，消防来过了，现在楼道全黑",
    "电梯门打不开，物业说明天来修",
    "井盖没了，怕小孩掉进去",
    "老人去年摔倒过一次，起不来床",
    "这几部电梯老是把人关在里面出不来",
    "这样充电迟早着火",
    "没有着火，是有人在烧纸",
    "厨房燃气灶打不着火，燃气公司电话多少",
    "想问下怎么预防煤气中毒",
    "担心老人被困电梯",
    "隔壁去年有人跳楼，房子一直没人住",
    "露天烧烤天天冒烟，熏得开不了窗",
    "电视剧里有人落水了，哈哈",
]


@pytest.mark.parametrize(("text", "kind"), EMERGENCIES)
def test_danger_to_life_is_an_emergency(text: str, kind: str) -> None:
    found = understand(text, shipped())
    assert found.emergency == kind
    assert found.urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("text", NOT_NOW)
def test_past_feared_and_denied_dangers_are_not_emergencies(text: str) -> None:
    found = understand(text, shipped())
    assert found.emergency is None
    assert found.urgency is not Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("你好", Intent.CHITCHAT),
        ("您好，在吗", Intent.CHITCHAT),
        ("好的，谢谢", Intent.CHITCHAT),
        ("早上好！", Intent.CHITCHAT),
        ("嗯", Intent.CHITCHAT),
        ("哪里能给电动车充电", Intent.ENQUIRY),
        ("物业费多少钱一平", Intent.ENQUIRY),
        ("我的楼长是谁", Intent.ENQUIRY),
        ("居住证怎么办", Intent.ENQUIRY),
        ("建议在北门加一个快递柜", Intent.SUGGESTION),
        ("提个建议，花园里可以考虑多放几条长椅", Intent.SUGGESTION),
        ("表扬一下3号楼的保洁，打扫得真干净", Intent.PRAISE),
        ("感谢物业师傅大半夜来修水管，辛苦了，太感谢了", Intent.PRAISE),
        ("我有个微心愿，想要一副老花镜", Intent.WISH),
        ("孩子的心愿是有一个书包", Intent.WISH),
        ("帮我取个快递吧，腿脚不方便", Intent.ERRAND),
        ("能帮我买点药吗，我发烧了", Intent.ERRAND),
        ("巡查发现4号楼楼道电线裸露，存在安全隐患", Intent.HAZARD),
        ("报个隐患：儿童滑梯螺丝松了", Intent.HAZARD),
        ("进度", Intent.COMMAND),
        ("催办！", Intent.COMMAND),
        ("滚，一群废物", Intent.ABUSE),
        ("傻逼", Intent.ABUSE),
        ("路灯坏了", Intent.REPORT),
        ("傻逼物业，路灯坏了一个月没人修", Intent.REPORT),
        ("谢谢，另外路灯还是不亮，麻烦处理", Intent.REPORT),
    ],
)
def test_the_intent_is_read_from_its_cues(text: str, intent: Intent) -> None:
    assert understand(text, shipped()).intent is intent


def test_a_long_letter_about_past_fires_is_no_emergency() -> None:
    history = "我们小区建成二十年了，管理一直跟不上。" * 10
    assert understand(history + "楼道起火的事大家还记得。", shipped()).emergency is None
