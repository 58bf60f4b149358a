"""The one client of WeChat's API, for every account and every layer above the models."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy.exc import SQLAlchemyError

from config.settings import PLATFORM, Settings
from jobs.channels.refusals import ApiRefused
from jobs.channels.rulings import Action, ruling
from jobs.channels.tokens import Tokens
from jobs.channels.wire import Download, NotReached, Unanswered, Wire
from models.base import Database
from models.errors import StoreBusy

Answer = dict[str, Any]
Result = TypeVar("Result")
Choice = tuple[str, str]  # id, words

CUSTOM_SEND = "/cgi-bin/message/custom/send"
TEMPLATE_SEND = "/cgi-bin/message/template/send"
SUBSCRIBE_BIZSEND = "/cgi-bin/message/subscribe/bizsend"
SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"
MASS_SENDALL = "/cgi-bin/message/mass/sendall"
MEDIA_GET = "/cgi-bin/media/get"
PICTURES = "https://mp.weixin.qq.com"
LOGIN_PAGES = "https://open.weixin.qq.com"


def wall_clock() -> datetime:
    return datetime.now(UTC)


class WeChatClient:
    """Calls by account. Raises ApiRefused, ApiStopped, CredentialsMissing, NotReached (nothing
    was done), Unanswered (it may have been done) and TooLarge; never call it in a transaction.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._database = database
        self._clock = clock
        self._base = settings.wechat_api_base
        self._wire = Wire(self._base)
        self.tokens = Tokens(database, settings, self._wire, clock)

    def close(self) -> None:
        self._wire.close()

    def platform_time(self) -> datetime | None:
        """By the clock of whoever answers there. Raises NotReached and Unanswered."""
        return self._wire.time_there()

    # Messages

    def custom_send(self, account: str, openid: str, text: str) -> Answer:
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        return self._post(account, CUSTOM_SEND, body)

    def custom_menu(
        self, account: str, openid: str, head: str, choices: Sequence[Choice], tail: str = ""
    ) -> Answer:
        """A menu to tap; as numbered text where the account may not send menus."""
        menu = {
            "head_content": head,
            "list": [{"id": choice_id, "content": words} for choice_id, words in choices],
            "tail_content": tail,
        }
        try:
            body = {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu}
            return self._post(account, CUSTOM_SEND, body)
        except ApiRefused as refusal:
            if refusal.ruling.action is not Action.TEXT_MENU:
                raise
        lines = [head, *(f"{number} {words}" for number, (_, words) in enumerate(choices, 1)), tail]
        return self.custom_send(account, openid, "\n".join(line for line in lines if line))

    def typing(self, account: str, openid: str, command: str = "Typing") -> Answer:
        body = {"touser": openid, "command": command}
        return self._post(account, "/cgi-bin/message/custom/typing", body)

    def template_send(
        self,
        account: str,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        *,
        url: str = "",
        client_msg_id: str = "",
    ) -> Answer:
        body = {"touser": openid, "template_id": template_id, "data": _values(data)}
        body |= _given(url=url, client_msg_id=client_msg_id)
        return self._post(account, TEMPLATE_SEND, body)

    def subscribe_bizsend(
        self, account: str, openid: str, template_id: str, data: Mapping[str, str], page: str = ""
    ) -> Answer:
        """A subscription message of an official account."""
        body = {"touser": openid, "template_id": template_id, "data": _values(data)}
        return self._post(account, SUBSCRIBE_BIZSEND, body | _given(page=page))

    def subscribe_send(
        self, account: str, openid: str, template_id: str, data: Mapping[str, str], page: str = ""
    ) -> Answer:
        """A subscription message of a mini-program."""
        body = {"touser": openid, "template_id": template_id, "data": _values(data)}
        return self._post(account, SUBSCRIBE_SEND, body | _given(page=page))

    def mass_sendall(
        self, account: str, text: str, *, tag_id: int | None, clientmsgid: str
    ) -> Answer:
        """Text to all who carry the tag, or to everyone when there is none."""
        whom = {"is_to_all": True} if tag_id is None else {"is_to_all": False, "tag_id": tag_id}
        body = {
            "filter": whom,
            "msgtype": "text",
            "text": {"content": text},
            "clientmsgid": clientmsgid,
        }
        return self._post(account, MASS_SENDALL, body)

    # Menus, codes, media, people

    def menu_create(self, account: str, menu: Mapping[str, Any]) -> Answer:
        return self._post(account, "/cgi-bin/menu/create", menu)

    def menu_get(self, account: str) -> Answer:
        return self._get(account, "/cgi-bin/menu/get")

    def menu_delete(self, account: str) -> Answer:
        return self._get(account, "/cgi-bin/menu/delete")

    def qrcode_create(self, account: str, scene: str, seconds: int | None = None) -> Answer:
        """A code that carries a scene: for ever, or for so many seconds (at most 30 days)."""
        body: Answer = {
            "action_name": "QR_LIMIT_STR_SCENE" if seconds is None else "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if seconds is not None:
            body["expire_seconds"] = seconds
        return self._post(account, "/cgi-bin/qrcode/create", body)

    def qrcode_image_url(self, ticket: str) -> str:
        return f"{self._host(PICTURES)}/cgi-bin/showqrcode?{urlencode({'ticket': ticket})}"

    def media_upload(
        self, account: str, kind: str, name: str, content: bytes, content_type: str
    ) -> Answer:
        api = "/cgi-bin/media/upload"
        return self._call(
            account,
            api,
            lambda token: self._wire.upload(
                api, {"access_token": token, "type": kind}, name, content, content_type
            ),
            _accepted,
        )

    def media_get(self, account: str, media_id: str) -> Download:
        """The bytes as they are; what they hold is for the caller to check."""
        return self._call(
            account,
            MEDIA_GET,
            lambda token: self._wire.download(
                MEDIA_GET, {"access_token": token, "media_id": media_id}
            ),
            _no_refusal_inside,
        )

    def user_info(self, account: str, openid: str) -> Answer:
        return self._get(account, "/cgi-bin/user/info", openid=openid, lang="zh_CN")

    def msg_sec_check(self, account: str, openid: str, text: str, scene: int) -> Answer:
        body = {"version": 2, "openid": openid, "scene": scene, "content": text}
        return self._post(account, "/wxa/msg_sec_check", body)

    def clear_quota(self, account: str) -> Answer:
        app_id = self.tokens.credentials(account).app_id
        return self._post(account, "/cgi-bin/clear_quota", {"appid": app_id})

    # Logging in

    def oauth_authorize_url(self, account: str, redirect_uri: str, state: str) -> str:
        """Where a browser inside WeChat goes to learn its openid for us."""
        asked = {
            "appid": self.tokens.credentials(account).app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        page = f"{self._host(LOGIN_PAGES)}/connect/oauth2/authorize"
        return f"{page}?{urlencode(asked)}#wechat_redirect"

    def jscode2session(self, account: str, code: str) -> Answer:
        return self._open_get(account, "/sns/jscode2session", js_code=code)

    def phone_number(self, account: str, code: str) -> Answer:
        """Of who pressed the button for it in a mini-program; the code serves once."""
        return self._post(account, "/wxa/business/getuserphonenumber", {"code": code})

    def oauth_access_token(self, account: str, code: str) -> Answer:
        return self._open_get(account, "/sns/oauth2/access_token", code=code)

    def _host(self, platform_host: str) -> str:
        return platform_host if self._base == PLATFORM else self._base

    def _open_get(self, account: str, api: str, **query: str) -> Answer:
        known = self.tokens.credentials(account)
        asked = {
            "appid": known.app_id,
            "secret": known.secret,
            "grant_type": "authorization_code",
            **query,
        }
        return _accepted(api, self._wire.get(api, asked))

    def _get(self, account: str, api: str, **query: str) -> Answer:
        return self._call(
            account,
            api,
            lambda token: self._wire.get(api, {"access_token": token, **query}),
            _accepted,
        )

    def _post(self, account: str, api: str, body: Mapping[str, Any]) -> Answer:
        return self._call(
            account,
            api,
            lambda token: self._wire.post(api, {"access_token": token}, body),
            _accepted,
        )

    def _call(
        self,
        account: str,
        api: str,
        send: Callable[[str], Result],
        accepted: Callable[[str, Result], Result],
    ) -> Result:
        """One call with a good token; a refused token is replaced once."""
        with _nothing_sent():
            token = self.tokens.current(account, api)
        try:
            try:
                return accepted(api, send(token.text or ""))
            except ApiRefused as refusal:
                if refusal.ruling.action is not Action.REFRESH_TOKEN:
                    raise
            with _nothing_sent():
                token = self.tokens.after_refusal(account, token)
            return accepted(api, send(token.text or ""))
        except ApiRefused as refusal:
            self.tokens.heed(account, refusal)
            raise


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Without a token the call itself was not made, whatever became of the call for the token."""
    try:
        yield
    except Unanswered as failure:
        raise NotReached(f"no token: {failure}") from failure
    except (SQLAlchemyError, StoreBusy) as failure:
        raise NotReached(f"no token: {type(failure).__name__}") from failure


def _accepted(api: str, answer: Answer) -> Answer:
    errcode = answer.get("errcode", 0)
    if ruling(errcode).action in (Action.OK, Action.TREAT_AS_SENT, Action.IGNORE):
        return answer
    raise ApiRefused(api, errcode, str(answer.get("errmsg", "")))


def _no_refusal_inside(api: str, answer: Download) -> Download:
    """Refusals of a download come as JSON in its place."""
    if answer.content[:1] == b"{":
        try:
            body = json.loads(answer.content)
        except ValueError:
            return answer
        if isinstance(body, dict) and "errcode" in body:
            _accepted(api, body)
    return answer


def _values(data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {field: {"value": value} for field, value in data.items()}


def _given(**optional: str) -> dict[str, str]:
    return {name: value for name, value in optional.items() if value}
