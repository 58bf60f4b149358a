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
        self._lock = threading.Lock()

    def is_over(self, account: str, openid: str, now: datetime) -> bool:
        """Counts this message and says whether it is one too many."""
        minute = int(now.timestamp()) // 60
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
            count = self._counts[account, openid] = self._counts.get((account, openid), 0) + 1
        return count > self._most
