"""The looks at a house, one a row, and how they are gone through."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.doctor import background, choices, machine, platform, store
from app.doctor.findings import Finding, Findings, Level
from app.doctor.patient import House

Look = Callable[[House], Findings]


@dataclass(frozen=True, slots=True)
class Check:
    """检查项 — one look by name, and the looks that must be well before it can be had."""

    name: str
    look: Look
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """检查结论 — a finding with the name of its check."""

    check: str
    finding: Finding


STORE = ("data_key", "database")
TABLES = (*STORE, "tables")

CHECKS = (
    Check("secret_key", choices.secret_key),
    Check("data_key", choices.data_key),
    Check("base_url", choices.base_url),
    Check("proxies", choices.proxies),
    Check("pushes", choices.push_keys),
    Check("push_token", choices.push_token),
    Check("data_directory", machine.data_directory),
    Check("who_may_read", machine.who_may_read, ("data_directory",)),
    Check("free_space", machine.free_space, ("data_directory",)),
    Check("fonts", machine.fonts),
    Check("words", machine.words, ("data_directory",)),
    Check("time_zone", machine.time_zone),
    Check("redis", machine.redis),
    Check("database", store.connects, ("data_key", "data_directory")),
    Check("tables", store.up_to_date, STORE),
    Check("writes", store.takes_writes, TABLES),
    Check("database_settings", store.is_set_well, STORE),
    Check("database_clock", store.clock, STORE),
    Check("wechat_clock", platform.clock, TABLES),
    Check("wechat_credentials", platform.credentials, (*TABLES, "wechat_clock")),
    Check("wechat_menu", platform.menu, (*TABLES, "wechat_credentials")),
    Check("site", platform.site, ("base_url",)),
    Check("clocks", background.clocks, TABLES),
    Check("jobs", background.jobs, TABLES),
    Check("background", background.signs, TABLES),
    Check("calendar", background.calendar, TABLES),
)


def examine(house: House) -> Iterator[Result]:
    """Every check once; what stands on something wrong is not looked at."""
    bad: set[str] = set()
    for check in CHECKS:
        missing = [name for name in check.needs if name in bad]
        if missing:
            bad.add(check.name)
            yield Result(check.name, Finding(Level.UNSEEN, f"not looked at: {missing[0]} is wrong"))
            continue
        for finding in check.look(house):
            if finding.level is Level.WRONG:
                bad.add(check.name)
            yield Result(check.name, finding)
