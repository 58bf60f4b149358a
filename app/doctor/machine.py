"""This machine: its disk, files and who may read them, fonts, words, time zone; and Redis."""

import os
import shutil
import stat
from datetime import timedelta
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from app.doctor.findings import Findings, ok, warning, wrong
from app.doctor.patient import House
from app.house import words_cache
from app.paper.fonts import FontMissing, chinese_font
from config.policy import load
from config.settings import GENERATED
from models.localtime import SHANGHAI

MEGABYTE = 1 << 20
OTHERS = stat.S_IRWXO


def data_directory(house: House) -> Findings:
    folder = house.settings.data_dir.absolute()
    if not folder.is_dir():
        yield wrong(f"there is no data directory {folder}", "make it, owned by the service's user")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield wrong(f"we may not write into {folder}", "give it to the user that runs this")
    else:
        yield ok(f"we may write into {folder}")


def who_may_read(house: House) -> Findings:
    folder = house.settings.data_dir.absolute()
    private = [folder / GENERATED, *([house.sqlite_file] if house.sqlite_file else [])]
    if not _is_open(folder):
        yield ok("only the service's user and group may look into the data directory")
        return
    exposed = [file for file in private if file.exists() and _is_open(file)]
    for file in exposed:
        yield warning(f"everybody on this machine may read {file}", f"chmod o= {folder}")
    if not exposed:
        yield ok("keys and database are for the service's user and group only")


def _is_open(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & OTHERS)


def free_space(house: House) -> Findings:
    """PostgreSQL's own disk is not seen from here."""
    limits = load("doctor")
    free = shutil.disk_usage(house.settings.data_dir.absolute()).free // MEGABYTE
    says = f"{free:,} MB are free where the data directory is"
    if free < limits["least_free_megabytes"]:
        yield wrong(says, "make room now: a full disk refuses every report")
    elif free < limits["free_megabytes"]:
        yield warning(says, "make room or move the data directory")
    else:
        yield ok(says)


def fonts(_: House) -> Findings:
    try:
        font = chinese_font()
    except FontMissing:
        yield warning(
            "no Chinese font is here, so posters and reports can not be printed",
            "apt-get install fonts-noto-cjk, or name yours in config/fonts.toml",
        )
    else:
        yield ok(f"Chinese is printed in {font.regular.name}")


def words(house: House) -> Findings:
    folder = words_cache(house.settings)
    kept = sorted(folder.glob("*.cache"))
    if folder.exists() and not os.access(folder, os.W_OK):
        yield warning(f"we may not write into {folder}", "give it to the user that runs this")
    elif not kept:
        yield warning("the dictionary is not kept yet", "the first start keeps it and takes longer")
    else:
        yield ok("the dictionary is kept between starts")


def time_zone(house: House) -> Findings:
    offset = house.now.astimezone(SHANGHAI).utcoffset()
    if offset == timedelta(hours=8):
        yield ok("Beijing time is known")
    else:
        yield wrong(f"Beijing is {offset} from UTC here", "reinstall the package tzdata")


def redis(house: House) -> Findings:
    if not house.settings.redis_url:
        yield ok("no Redis: workers look for work by themselves, twice a second")
        return
    seconds = load("doctor")["answer_seconds"]
    todo = (
        "see that it runs and that LINLI_REDIS_URL is right; until then workers look by themselves"
    )
    try:
        client = Redis.from_url(
            house.settings.redis_url, socket_connect_timeout=seconds, socket_timeout=seconds
        )
        with client:
            client.ping()
            facts = client.info("memory")
    except (RedisError, ValueError) as failure:
        yield wrong(f"Redis does not answer ({type(failure).__name__})", todo)
        return
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy == "noeviction" or not facts.get("maxmemory"):
        yield ok("Redis answers and throws nothing away")
    else:
        yield warning(
            f"Redis throws wake-ups away when it is full ({policy})",
            "set maxmemory-policy noeviction; nothing is lost, but work waits some seconds",
        )
