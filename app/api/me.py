"""Who is signed in: what they are called here, and the phone number they gave."""

from sqlalchemy.orm import Session

from app.api.platform import asked
from app.api.refusals import CodeUnfit
from app.api.routes import Call, Work, reads, sets
from app.api.schemas import Code, Given, Sent
from models.accounts import MINI
from models.people import Person
from models.roster import phones
from models.speakers import known_speaker


class PhoneCode(Sent):
    """手机号码 — the code that the button of WeChat gave the phone."""

    code: Code


class HomeOut(Given):
    """常住房屋 — the usual home, and whether the building head has confirmed it."""

    area_id: int
    place: str
    state: str


class Me(Given):
    """本人 — the person signed in; the number as much of it as tells it from another."""

    name: str | None
    phone: str | None
    home: HomeOut | None
    is_following: bool


@reads("/me", gives=Me)
def who_am_i(call: Call) -> Work:
    """Who is signed in."""
    return lambda session: _me(session, call)


@sets("/me/phone", takes=PhoneCode, gives=Me, refuses=("code_unfit", "platform_away"))
def give_phone(call: Call, body: PhoneCode) -> Work:
    """Keep the phone number that WeChat vouches for."""
    told = asked(lambda: call.office.client.phone_number(MINI, body.code))
    number = phones.plain(str(told["phone_info"]["purePhoneNumber"]))
    if number is None:
        raise CodeUnfit

    def work(session: Session) -> Me:
        phones.keep(session.get_one(Person, call.who.person_id), number)
        session.flush()
        return _me(session, call)

    return work


def _me(session: Session, call: Call) -> Me:
    person = session.get_one(Person, call.who.person_id)
    speaker = known_speaker(session, call.who.account, call.who.openid, call.now)
    assert speaker is not None
    home = None
    if speaker.home_id is not None and speaker.home_label and speaker.home_state:
        home = HomeOut(area_id=speaker.home_id, place=speaker.home_label, state=speaker.home_state)
    return Me(
        name=person.name,
        phone=phones.hidden(person.phone) or None,
        home=home,
        is_following=speaker.is_following,
    )
