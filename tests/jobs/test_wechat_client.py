"""The client of WeChat's API: tokens shared by all, and every verb against a platform."""

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, TooLarge, Unanswered, Wire
from jobs.delivery import refresh_access_tokens
from models import access_tokens
from models.accounts import Account
from models.base import Database
from models.sealing import KEYRING
from tests.jobs.town import NOON, Hand, Town, settings_for
from tests.statements import counted

CUSTOM = "/cgi-bin/message/custom/send"
SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
OTHER_PROCESS = """
import sys, threading
from config.settings import Settings
from jobs.channels.wechat_client import WeChatClient
from models.base import Database
from models.sealing import KEYRING
KEYRING.use({"1": bytes(32)})
settings = Settings(wechat_app_id="wx1", wechat_secret="s1", wechat_api_base=sys.argv[2])
client = WeChatClient(Database(sys.argv[1]), settings)
threads = [threading.Thread(target=client.tokens.current, args=("main",)) for _ in range(10)]
print("ready", flush=True)
sys.stdin.readline()
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(client.tokens.current("main").text)
"""


def token_calls(wechat: SandboxClient) -> list[dict[str, Any]]:
    return [call for call in wechat.calls(0) if call["path"].endswith("/stable_token")]


def at_once(work: Callable[[], Any], number: int) -> list[Any]:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as failure:
            results.append(failure)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_twenty_threads_on_a_cold_store_make_one_call_for_a_token(town: Town) -> None:
    town.fail("slow", "/cgi-bin/stable_token", 200)
    found = at_once(lambda: town.client.tokens.current("main").text, 20)
    assert len(set(found)) == 1
    assert isinstance(found[0], str)
    assert len(token_calls(town.wechat)) == 1


def test_two_processes_on_a_cold_store_make_one_call_for_a_token(
    store: Database, sandbox: SandboxThread, wechat: SandboxClient
) -> None:
    wechat.fault("slow", "/cgi-bin/stable_token", 300)
    address = store.url.render_as_string(hide_password=False)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS, address, sandbox.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    said = [process.communicate("go\n", timeout=60)[0] for process in processes]
    tokens = {lines.splitlines()[-1] for lines in said}
    assert len(tokens) == 1
    assert len(token_calls(wechat)) == 1


def test_a_refused_token_is_renewed_once_for_all_who_were_refused(town: Town) -> None:
    whom = town.neighbour()
    town.client.tokens.current("main")
    town.wechat.advance(7300)  # the platform's clock passes the token's end, ours does not
    town.wechat.say(whom.openid, "在吗")
    before = len(token_calls(town.wechat))
    found = at_once(lambda: town.client.custom_send("main", whom.openid, "在"), 5)
    assert [one for one in found if not isinstance(one, dict)] == []
    assert len(token_calls(town.wechat)) == before + 1


def test_a_token_refused_again_after_renewal_is_not_tried_a_third_time(town: Town) -> None:
    town.fail("errcode", "/cgi-bin/menu/get", 40001, times=100)
    with pytest.raises(ApiRefused) as refused:
        town.client.menu_get("main")
    assert refused.value.errcode == 40001
    assert len([call for call in town.wechat.calls(0) if call["path"].endswith("menu/get")]) == 2


def test_a_token_near_its_end_is_renewed_and_used_while_that_fails(town: Town, hand: Hand) -> None:
    first = town.client.tokens.current("main")
    assert first.expires_at is not None
    hand.at = first.expires_at.replace(microsecond=0)
    hand.at = hand.at.fromtimestamp(hand.at.timestamp() - 400, hand.at.tzinfo)
    town.fail("errcode", "/cgi-bin/stable_token", -1)
    assert town.client.tokens.current("main") == first
    town.wechat.advance(6900)
    assert town.client.tokens.current("main").serial == first.serial + 1


def test_calls_of_one_moment_share_a_look_at_the_store_and_what_is_refused_ends_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(town.client.tokens._policy, "look_seconds", 3600)
    town.client.tokens.current("main")
    with counted(town.store) as said:
        found = at_once(lambda: town.client.tokens.current("main").text, 20)
    assert len(set(found)) == 1
    assert len([one for one in said if "access_token" in one]) == 1
    town.fail("errcode", CUSTOM, 45009)
    with pytest.raises(ApiRefused):
        town.client.custom_send("main", "demo-resident-1", "您的工单已派出")
    with pytest.raises(ApiStopped):  # at once: the look before it does not count any more
        town.client.custom_send("main", "demo-resident-1", "您的工单已派出")


def test_the_token_lies_sealed_in_the_store(town: Town) -> None:
    token = town.client.tokens.current("main").text
    with town.store.reading() as session:
        raw = session.connection().exec_driver_sql("SELECT access_token FROM accounts").scalar()
        assert session.get_one(Account, "main").access_token == token
    assert token is not None and token.encode() not in bytes(raw)


def test_a_renewal_left_by_a_dead_process_is_taken_over_when_its_lease_ends(
    town: Town, hand: Hand
) -> None:
    with town.store.writing() as session:
        assert access_tokens.lease(session, "main", 0, NOON)
        assert access_tokens.lease(session, "main", 0, NOON) is None
    hand.at = hand.at.fromtimestamp(NOON.timestamp() + access_tokens.LEASE_SECONDS, NOON.tzinfo)
    assert town.client.tokens.current("main").text


def test_the_refresh_job_names_the_accounts_that_have_no_token(town: Town) -> None:
    town.fail("errcode", "/cgi-bin/stable_token", 40125)
    with capture_logs() as logs:
        assert refresh_access_tokens(town.client) == ["main"]
    assert [line["account"] for line in logs if line["event"] == "alert"] == ["main"]
    with pytest.raises(ApiStopped):
        town.client.menu_get("main")


def test_an_account_without_keys_says_so(town: Town) -> None:
    with pytest.raises(CredentialsMissing):
        town.client.menu_get("other")


@SQLITE
def test_an_account_of_its_own_row_uses_its_own_keys(
    store: Database, sandbox: SandboxThread, hand: Hand
) -> None:
    settings = settings_for(sandbox.url, wechat_app_id="", wechat_secret="")
    with store.writing() as session:
        session.add(Account(key="east", name="东街道", app_id="wx1", secret="s1"))
    client = WeChatClient(store, settings, hand)
    assert client.tokens.accounts() == ["east", "mini"]
    assert client.tokens.current("east").text
    client.close()


@SQLITE
def test_menus_are_made_read_and_taken_away(town: Town) -> None:
    menu = {"button": [{"type": "click", "name": "我要反映", "key": "report"}]}
    town.client.menu_create("main", menu)
    assert town.client.menu_get("main")["menu"]["button"][0]["name"] == "我要反映"
    town.client.menu_delete("main")


@SQLITE
def test_a_menu_in_a_message_becomes_text_where_the_account_may_not_send_one(town: Town) -> None:
    whom = town.neighbour()
    choices = [("101", "已解决"), ("102", "没解决")]
    town.client.custom_menu("main", whom.openid, "问题解决了吗？", choices)
    town.fail("errcode", CUSTOM, 40200)
    town.client.custom_menu("main", whom.openid, "问题解决了吗？", choices, "谢谢")
    assert town.texts(whom) == ["问题解决了吗？", "问题解决了吗？\n1 已解决\n2 没解决\n谢谢"]


@SQLITE
def test_a_picture_goes_up_and_comes_back(town: Town) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "JPEG")
    media_id = town.client.media_upload("main", "image", "a.jpg", picture.getvalue(), "image/jpeg")[
        "media_id"
    ]
    assert town.client.media_get("main", media_id).content == picture.getvalue()
    with pytest.raises(ApiRefused) as refused:
        town.client.media_get("main", "no-such-media")
    assert refused.value.errcode == 40007


@SQLITE
def test_a_code_for_a_building_carries_its_scene(town: Town) -> None:
    ticket = town.client.qrcode_create("main", "building-3")["ticket"]
    address = town.client.qrcode_image_url(ticket)
    assert address.startswith(town.wechat.url)
    wire = Wire(town.wechat.url)
    picture = wire.download(address.removeprefix(town.wechat.url), {})
    assert picture.content.startswith(b"\x89PNG")
    wire.close()


@SQLITE
def test_people_can_be_looked_up_logged_in_and_their_text_checked(town: Town) -> None:
    whom = town.neighbour()
    assert town.client.user_info("main", whom.openid)["subscribe"] == 1
    code = town.wechat.login_code(whom.openid)
    session = town.client.jscode2session("mini", code)
    assert session["openid"]
    with pytest.raises(ApiRefused) as used:
        town.client.jscode2session("mini", code)
    assert used.value.errcode == 40163
    verdict = town.client.msg_sec_check("mini", session["openid"], "刷单返利", 2)
    assert verdict["result"]["suggest"] == "risky"
    assert "appid=wx1" in town.client.oauth_authorize_url("main", "http://a/b", "s")


@SQLITE
def test_typing_that_is_not_possible_now_is_no_matter(town: Town) -> None:
    whom = town.neighbour()
    town.client.typing("main", whom.openid)
    assert town.client.typing("main", whom.openid)["errcode"] == 45081


class Oddity(BaseHTTPRequestHandler):
    """A platform having a bad day; the path says how."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.path.partition("?")[0]
        if kind == "/stall":
            self.server.stalled.wait(5)  # type: ignore[attr-defined]
        if kind == "/cut":
            self.connection.close()
            self.close_connection = True
            return
        status = {"/moved": 302, "/missing": 404, "/broken": 502}.get(kind, 200)
        body = {"/html": b"<html>", "/list": b"[]", "/large": b"x" * 3000}.get(kind, b"{}")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "/stall")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[Wire]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Oddity)
    server.stalled = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    wire = Wire(f"http://127.0.0.1:{server.server_port}", read_seconds=0.2, largest_answer_mb=0.002)
    yield wire
    wire.close()
    server.stalled.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/stall", Unanswered),
        ("/cut", Unanswered),
        ("/broken", Unanswered),
        ("/html", Unanswered),
        ("/list", Unanswered),
        ("/moved", NotReached),
        ("/missing", NotReached),
        ("/large", TooLarge),
    ],
)
def test_a_strange_answer_is_told_apart_by_whether_anything_may_have_been_done(
    odd: Wire, path: str, end: type[Exception]
) -> None:
    with pytest.raises(end) as told:
        odd.post(path, {"access_token": "topsecret"}, {"a": "b"})
    assert "topsecret" not in str(told.value)


def test_a_closed_port_means_that_nothing_was_done() -> None:
    wire = Wire("http://127.0.0.1:9")
    with pytest.raises(NotReached):
        wire.get("/", {})
    wire.close()


def test_proxies_of_the_environment_are_not_used(
    odd: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert odd.get("/", {}) == {}


def test_a_token_sealed_with_a_key_that_is_gone_is_asked_for_again(
    town: Town, client: WeChatClient
) -> None:
    first = client.tokens.current("main")
    KEYRING.use({"2": b"n" * 32})
    second = client.tokens.current("main")
    assert second.text is not None
    assert second.serial == first.serial + 1
    assert client.tokens.current("main") == second
