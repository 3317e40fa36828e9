"""Short questions to our neighbours: does PostgreSQL answer, does Redis, does anybody listen there?

Each returns None when all is well and else why not, in words; readiness and ``callctl doctor`` both ask them.
"""

from __future__ import annotations

import asyncio
import os
from urllib.parse import urlsplit

import psycopg
import redis.asyncio
import redis.exceptions

from controller.livestate import connect as connect_redis
from controller.settings import Settings

CONNECT_TIMEOUT_S = 2


async def postgresql(dsn: str) -> str | None:
    try:
        async with await psycopg.AsyncConnection.connect(
            dsn, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True, application_name="callctl-health"
        ) as connection:
            await connection.execute("SELECT 1")
    except psycopg.Error as error:
        return f"PostgreSQL: {_first_line(error)}"
    return None


async def redis_server(url: str) -> str | None:
    client: redis.asyncio.Redis = connect_redis(url)
    try:
        await client.ping()
    except (redis.exceptions.RedisError, OSError) as error:
        return f"Redis: {_first_line(error)}"
    finally:
        await client.aclose()
    return None


async def listening(host: str, port: int) -> str | None:
    """Whether a TCP connection opens; says nothing about what is behind it."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"{host}:{port} does not answer within {CONNECT_TIMEOUT_S} s"
    except OSError as error:
        # event loops word a refusal differently; a name that does not resolve has a negative number
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        return f"{host}:{port} is not reachable: {reason or error}"
    writer.close()
    return None


def vendor_addresses(settings: Settings) -> dict[str, tuple[str, int]]:
    """Host and port of each vendor, or of its stand-in."""
    location = settings.stt.location
    google_stt = "speech.googleapis.com" if location == "global" else f"{location}-speech.googleapis.com"
    return {
        "stt": _host_port(settings.stt.endpoint) or (google_stt, 443),
        "tts": _host_port(settings.tts.endpoint) or ("texttospeech.googleapis.com", 443),
        "anthropic": _of_url(settings.anthropic.base_url),
        "shop": _of_url(settings.shop.base_url),
    }


def _host_port(endpoint: str) -> tuple[str, int] | None:
    host, _, port = endpoint.rpartition(":")
    return (host, int(port)) if host else None


def _of_url(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
