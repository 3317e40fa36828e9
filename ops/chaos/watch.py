"""Reads the readiness page twice a second, as a load balancer does, and keeps what it said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from ops.chaos.observations import Sample

EVERY_S: Final = 0.5
ANSWER_S: Final = 4.0  # each dependency may take two seconds to be asked


@asynccontextmanager
async def watched(api_url: str) -> AsyncIterator[list[Sample]]:
    """The list grows while entered."""
    samples: list[Sample] = []
    # A connection for each look: one that is kept may end with the process at its other end, which says nothing about readiness.
    async with httpx.AsyncClient(timeout=ANSWER_S, limits=httpx.Limits(max_keepalive_connections=0), trust_env=False) as http:
        watching = asyncio.create_task(_watch(http, f"{api_url}/health/ready", samples), name="readiness")
        try:
            yield samples
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _watch(http: httpx.AsyncClient, url: str, samples: list[Sample]) -> None:
    while True:
        asked_s = time.monotonic()
        status, down = 0, frozenset[str]()
        try:
            answer = await http.get(url)
            status, said = answer.status_code, answer.json()
            down = frozenset(name for name, finding in said["dependencies"].items() if not finding["up"])
        except (httpx.HTTPError, ValueError):
            pass  # no answer is an answer
        samples.append(Sample(asked_s, time.monotonic(), status, down))
        await asyncio.sleep(EVERY_S)
