"""What the operator has set: keys, addresses, proxies, credentials."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from app.doctor.findings import Findings, ok, warning, wrong
from app.doctor.patient import House
from config.policy import load

AES_KEY_CHARACTERS = 43
MOST_TOKEN_CHARACTERS = 32


def secret_key(house: House) -> Findings:
    length, least = len(house.settings.secret_key), load("doctor")["secret_characters"]
    if not length:
        yield wrong("LINLI_SECRET_KEY is not set", "set it to 32 or more random characters")
    elif length < least:
        yield warning(
            f"LINLI_SECRET_KEY has {length} characters", f"set one of {least} or more, at random"
        )
    else:
        yield ok("LINLI_SECRET_KEY is long enough")


def data_key(house: House) -> Findings:
    todo = "set LINLI_DATA_KEY as the README shows; it must stay the same for the life of the data"
    try:
        keys = house.settings.data_keys
    except ValueError:
        yield wrong("LINLI_DATA_KEY is not id:base64url of 32 bytes, comma-separated", todo)
        return
    if keys:
        yield ok(f"LINLI_DATA_KEY holds {len(keys)}; {next(iter(keys))} encrypts")
    else:
        yield wrong("LINLI_DATA_KEY is not set", todo)


def base_url(house: House) -> Findings:
    address = urlsplit(house.settings.base_url)
    todo = "set LINLI_BASE_URL to the address that phones open, such as https://linli.example.cn"
    if address.scheme not in ("http", "https") or not address.hostname:
        yield wrong("LINLI_BASE_URL is no address of a site", todo)
    elif address.path or address.query:
        yield wrong("LINLI_BASE_URL has a path behind its host", todo)
    elif _is_of_this_machine(address.hostname):
        yield warning(
            f"LINLI_BASE_URL, {address.hostname}, can be opened on this machine only", todo
        )
    elif address.scheme == "http":
        yield warning("LINLI_BASE_URL is not https: words and sign-ins travel in the clear", todo)
    else:
        yield ok(f"residents reach us at {house.settings.base_url}")


def _is_of_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxies(house: House) -> Findings:
    hops = house.settings.trusted_proxies
    is_https = house.settings.base_url.startswith("https:")
    if is_https and not hops:
        yield warning(
            "the site is https, which a proxy brings, but LINLI_TRUSTED_PROXIES is 0",
            "set it to the number of proxies before `linli web`, or all visitors share one address",
        )
    else:
        yield ok(f"{hops} proxies are believed about who a visitor is")


def push_keys(house: House) -> Findings:
    settings = house.settings
    if not settings.has_credentials:
        yield warning(
            "no official account is set",
            "set LINLI_WECHAT_APP_ID, _SECRET and _TOKEN; `linli run` plays WeChat without them",
        )
        return
    if settings.wechat_mode != "plain" and len(settings.wechat_aes_key) != AES_KEY_CHARACTERS:
        yield wrong(
            f"pushes are {settings.wechat_mode} and LINLI_WECHAT_AES_KEY has not 43 characters",
            "copy the EncodingAESKey of the platform's page",
        )
    elif settings.wechat_mode == "plain" and not settings.dev:
        yield warning(
            "pushes come in the clear", "choose the secure mode there and LINLI_WECHAT_MODE=secure"
        )
    else:
        yield ok(f"pushes are {settings.wechat_mode}")


def push_token(house: House) -> Findings:
    token = house.settings.wechat_token
    if token and not (token.isalnum() and 3 <= len(token) <= MOST_TOKEN_CHARACTERS):
        yield warning(
            "LINLI_WECHAT_TOKEN is not 3 to 32 letters and digits", "WeChat's page takes no other"
        )
