"""The shop's own time: Europe/Kyiv, without a zone, or the one that a test has set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Kyiv")
Now = Callable[[], dt.datetime]  # naive, the shop's local time


def shop_now() -> dt.datetime:
    return dt.datetime.now(ZONE).replace(tzinfo=None)
