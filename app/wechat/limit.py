"""How many messages one person may have worked on in a minute."""

import threading
from datetime import datetime


class MinuteLimit:
    """Counts by calendar minute in this process; n processes let at most n times as many by.

    Pushes of everybody come from a few addresses of the platform, so the sender alone counts.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._minute = 0
        self._counts: dict[tuple[str, str], int] = {}
        self._numbers: dict[tuple[str, str, str], int] = {}  # of those that have a key
        self._lock = threading.Lock()

    def is_over(self, account: str, openid: str, now: datetime, key: str = "") -> bool:
        """Counts this message and says whether it is one too many; what has a key counts once."""
        minute = int(now.timestamp()) // 60
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
                self._numbers.clear()
            number = self._numbers.get((account, openid, key)) if key else None
            if number is None:
                number = self._counts.get((account, openid), 0) + 1
                self._counts[account, openid] = number
                if key:
                    self._numbers[account, openid, key] = number
        return number > self._most
