"""The address by which somebody follows a matter without an account: signed, nothing to guess."""

from itsdangerous import BadSignature, URLSafeSerializer

SALT = "follow"


def token_of(ticket_id: int, secret_key: str) -> str:
    return str(URLSafeSerializer(secret_key, salt=SALT).dumps(ticket_id))


def ticket_of(token: str, secret_key: str) -> int | None:
    """None for an address that somebody has bent."""
    try:
        number = URLSafeSerializer(secret_key, salt=SALT).loads(token)
    except BadSignature:
        return None
    return number if isinstance(number, int) else None
