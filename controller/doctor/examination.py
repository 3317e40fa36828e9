"""All checks, those that do not need each other at once, in the order in which a person would look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from controller.doctor import neighbours, telephony, vendors
from controller.doctor.finding import Finding, fail
from controller.masking import Masking
from controller.secret_values import secrets_of
from controller.settings import Settings

CHECK_TIMEOUT_S = 30.0


async def examine(settings: Settings) -> list[Finding]:
    """Never raises: a check that breaks is a finding, too."""
    ports = await neighbours.ports(settings)  # before the media leg borrows one
    groups = await asyncio.gather(
        _bounded("Asterisk", telephony.asterisk(settings)),
        _bounded("PostgreSQL", neighbours.postgresql(settings)),
        _bounded("Redis", neighbours.redis(settings)),
        _bounded("journal", neighbours.journal(settings)),
        _bounded("speech to text", vendors.recognizer(settings)),
        _bounded("text to speech", vendors.voice(settings)),
        _bounded("Claude", vendors.model(settings)),
        _bounded("the shop", vendors.shop(settings)),
    )
    hidden = Masking(secrets_of(settings)).without_secrets  # whoever refuses a key may quote it
    found = [*groups[0], *ports, *(finding for group in groups[1:] for finding in group)]
    return [Finding(one.level, hidden(one.what), hidden(one.advice)) for one in found]


async def _bounded(what: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check
    except TimeoutError:
        return [
            fail(f"The check of {what} did not end within {CHECK_TIMEOUT_S:g} s.", "Something answers too slowly; see the other findings.")
        ]
    except Exception as error:  # noqa: BLE001 - the check's edge: an unforeseen fault is told like a foreseen one
        return [fail(f"The check of {what} broke: {type(error).__name__}: {error}", "This is a fault of callctl; please report it.")]
