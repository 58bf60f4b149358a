"""`/cgi-bin/token`, `/cgi-bin/stable_token` and the calls about the platform itself."""

from app.sandbox import tokens
from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.platform import day, month
from app.sandbox.refusals import Refused
from app.sandbox.store import count

CLEARED_PER_MONTH = 10
CHECKS = {"dns", "ping", "all"}


@api("/cgi-bin/token", "GET", daily=2000, daily_of_test_account=200, needs_token=False)
def token(call: Call) -> Answer:
    secret = call.platform.options.secret_of(call.args.get("appid", ""))
    return tokens.issue_classic(call.db, tokens.check_secret(secret, call.args), call.at)


@api("/cgi-bin/stable_token", daily=500_000, per_minute=10_000, needs_token=False)
def stable_token(call: Call) -> Answer:
    secret = call.platform.options.secret_of(str(call.body.get("appid", "")))
    app_id = tokens.check_secret(secret, call.body)
    if call.body.get("force_refresh"):
        return tokens.force_stable(call.db, app_id, call.at, day(call.at))
    return tokens.issue_stable(call.db, app_id, call.at)


@api("/cgi-bin/clear_quota")
def clear_quota(call: Call) -> Answer:
    if call.body.get("appid") != call.app_id:
        raise Refused(40013, "invalid appid")
    if count(call.db, f"cleared {call.app_id}", month(call.at)) > CLEARED_PER_MONTH:
        raise Refused(48006, "forbid to clear quota because of reaching the limit")
    call.db.execute(
        "DELETE FROM counters WHERE name LIKE ? AND period = ?",
        (f"{call.app_id} %", day(call.at)),
    )
    return OK


@api("/cgi-bin/getcallbackip", "GET")
@api("/cgi-bin/get_api_domain_ip", "GET")
def addresses(call: Call) -> Answer:
    return {"ip_list": ["127.0.0.1"]}


@api("/cgi-bin/callback/check")
def callback_check(call: Call) -> Answer:
    if call.body.get("action") not in CHECKS:
        raise Refused(40001, "invalid action")
    dns = [{"ip": "127.0.0.1", "real_operator": "DEFAULT"}]
    ping = [{"ip": "127.0.0.1", "from_operator": "DEFAULT", "package_loss": "0%", "time": "1.0ms"}]
    found = {"dns": {"dns": dns}, "ping": {"ping": ping}, "all": {"dns": dns, "ping": ping}}
    return found[call.body["action"]]
