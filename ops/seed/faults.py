"""Faults of the stand-ins, for as long as a block lasts; afterwards each setting is what it was before.

Not by DELETE: that would also empty the shop. Whoever injects is alone with it: a fault hits the next request, whoever's it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

TIMEOUT_S = 5.0
Faults = Mapping[str, int | float | str | bool]


@asynccontextmanager
async def injected(control_url: str, faults: Faults) -> AsyncIterator[None]:
    """Without an address nothing is injected: the service is a real one. Raises ``httpx.HTTPError`` where the stand-in does not answer."""
    if not control_url:
        yield
        return
    async with httpx.AsyncClient(base_url=control_url, timeout=TIMEOUT_S, trust_env=False) as client:
        before = await _ask(client, "GET")
        await _ask(client, "PUT", faults)
        try:
            yield
        finally:
            await _ask(client, "PUT", {name: before[name] for name in faults})


async def _ask(client: httpx.AsyncClient, method: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    answer = await client.request(method, "/control", json=body)
    answer.raise_for_status()
    return dict(answer.json())
