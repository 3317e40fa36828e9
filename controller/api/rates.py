"""How often somebody may ask: requests per token and minute, and failed log-ins per address and minute.

Who is known is never held up by what others behind his address try: failures count only against secrets that nobody knows.
"""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from controller.api.problems import Problem


class Rates:
    """Of this process; each raises ``Problem("rate_limited")`` with Retry-After."""

    def __init__(self, *, per_minute: int, failures_per_minute: int) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(per_minute, namespace="token")
        self._failures = RateLimitItemPerMinute(failures_per_minute, namespace="address")

    async def request(self, token_id: str) -> None:
        """One more of this token."""
        if not await self._limiter.hit(self._requests, token_id):
            raise await self._refusal(self._requests, token_id)

    async def check_failures(self, address: str) -> None:
        """Before something unknown is looked up."""
        if not await self._limiter.test(self._failures, network(address)):
            raise await self._refusal(self._failures, network(address))

    async def failed(self, address: str) -> None:
        await self._limiter.hit(self._failures, network(address))

    async def _refusal(self, item: RateLimitItem, name: str) -> Problem:
        window = await self._limiter.get_window_stats(item, name)
        wait_s = max(1, math.ceil(window.reset_time - time.time()))
        return Problem("rate_limited", headers={"Retry-After": str(wait_s)}, limit=item.amount, wait_s=wait_s)


def network(address: str) -> str:
    """What one person has of addresses: one of IPv4, 2**64 of IPv6."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(known, ipaddress.IPv6Address):
        return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
    return str(known)
