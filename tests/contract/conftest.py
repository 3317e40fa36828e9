"""The shop's stand-in and clients of it, for the modules that test the client; a module with other wishes has fixtures of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from agent.adapters.shop_http import HttpShop
from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings
from tests.contract.shop_standin import as_at_the_start, client_of, shop_served


@pytest.fixture
def control() -> Control[ShopSettings]:
    return as_at_the_start()


@pytest.fixture
async def url(control: Control[ShopSettings]) -> AsyncIterator[str]:
    async with shop_served() as url:
        yield url


@pytest.fixture
async def shop(url: str) -> AsyncIterator[HttpShop]:
    shop = client_of(url)
    yield shop
    await shop.aclose()


@pytest.fixture
async def impatient(url: str) -> AsyncIterator[HttpShop]:
    """For a shop that hangs."""
    shop = client_of(url, timeout_s=0.5)
    yield shop
    await shop.aclose()
