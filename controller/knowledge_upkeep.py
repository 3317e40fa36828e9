"""Keeps the shop's articles in PostgreSQL up to date while the controller runs: at its start, then several times a day.

A failure is told and tried again: callers get the articles of last time meanwhile.
"""

from __future__ import annotations

import asyncio

import structlog

from agent.errors import KnowledgeFailed
from controller.knowledge_sync import Synced, sync
from controller.settings import Settings

INTERVAL_S = 6 * 3600.0
RETRY_S = 60.0

log = structlog.get_logger(__name__)


async def sync_knowledge(settings: Settings) -> Synced:
    """Raises ``KnowledgeFailed``; then the articles are what they were."""
    shop = settings.shop
    return await sync(settings.database.url.get_secret_value(), shop.base_url, shop.api_key.get_secret_value())


async def keep_knowledge(settings: Settings) -> None:
    """Never ends by itself."""
    while True:
        pause_s = INTERVAL_S
        try:
            await sync_knowledge(settings)
        except KnowledgeFailed as failed:
            log.warning("knowledge_not_synced", reason=str(failed), again_in_s=RETRY_S)
            pause_s = RETRY_S
        await asyncio.sleep(pause_s)
