"""How many requests a minute one process may send: a caller waits a moment for his turn, not longer."""

from __future__ import annotations

import asyncio

from aiolimiter import AsyncLimiter

from agent.errors import ModelFailed

WINDOW_S = 60.0


class RequestRate:
    """A leaky bucket: a whole minute's requests may come at once after a quiet one, then one each 60 / *per_minute* seconds."""

    def __init__(self, per_minute: int, *, longest_wait_s: float = 1.0) -> None:
        self._per_minute = per_minute
        self._longest_wait_s = longest_wait_s
        self._bucket = AsyncLimiter(per_minute, WINDOW_S)

    async def admit(self) -> None:
        """Return when a request may be sent; raises ``ModelFailed`` when that takes too long."""
        try:
            async with asyncio.timeout(self._longest_wait_s):
                await self._bucket.acquire()
        except TimeoutError:
            raise ModelFailed(f"more than {self._per_minute} requests a minute (ANTHROPIC_REQUESTS_PER_MINUTE)") from None
