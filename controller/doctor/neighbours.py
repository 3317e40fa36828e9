"""Ports, PostgreSQL with its schema, Redis, the journal's directory."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

import httpx
import psycopg

import migrations
from controller import reachable
from controller.doctor.finding import Finding, fail, ok, warn
from controller.settings import Settings
from controller.sockets import PortTaken, bind

OLDEST_POSTGRESQL = 15


async def controller_runs(settings: Settings) -> bool:
    """Whether a controller with these settings answers on its API."""
    with contextlib.suppress(httpx.HTTPError, ValueError):
        async with httpx.AsyncClient(timeout=2) as client:
            answer = await client.get(f"http://{settings.api.host}:{settings.api.port}/health")
            return bool(answer.json().get("status") == "alive")
    return False


async def ports(settings: Settings) -> list[Finding]:
    ours = await controller_runs(settings)
    return [
        _port("AudioSocket", "AUDIOSOCKET_PORT", settings.audiosocket.host, settings.audiosocket.port, ours=ours),
        _port("the API", "API_PORT", settings.api.host, settings.api.port, ours=ours),
    ]


def _port(what: str, variable: str, host: str, port: int, *, ours: bool) -> Finding:
    if ours:
        return ok(f"Port {port} for {what}: a controller with these settings is running.")
    try:
        bind(host, port, what=what).close()
    except PortTaken as error:
        return fail(f"Port {port} for {what} cannot be used: {error}.", f"End what uses it, or set {variable}.")
    return ok(f"Port {port} for {what} is free.")


async def postgresql(settings: Settings) -> list[Finding]:
    dsn = settings.database.url.get_secret_value()
    if why := await reachable.postgresql(dsn):
        return [
            fail(f"{why}.", "Start PostgreSQL, or set DATABASE_URL. Calls would go on, but no record would be stored until it is there.")
        ]
    head = migrations.head()
    async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=reachable.CONNECT_TIMEOUT_S, autocommit=True) as connection:
        major = connection.info.server_version // 10_000
        try:
            row = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
    version = ok(f"PostgreSQL {major} answers.")
    if major < OLDEST_POSTGRESQL:
        version = fail(f"PostgreSQL {major} is too old.", f"Use {OLDEST_POSTGRESQL} or newer.")
    if row is None or row[0] != head:
        return [version, fail(f"The database's schema is {row[0] if row else 'missing'}, needed is {head}.", "Run: callctl db upgrade")]
    return [version, ok(f"The database's schema is {head}, the newest.")]


async def redis(settings: Settings) -> list[Finding]:
    if why := await reachable.redis_server(settings.redis.url.get_secret_value()):
        return [warn(f"{why}.", "Start Redis or Valkey, or set REDIS_URL. Calls do without; nobody sees them live.")]
    return [ok("Redis answers.")]


async def journal(settings: Settings) -> list[Finding]:
    directory = settings.journal.directory
    try:
        await asyncio.to_thread(_write_something, directory)
    except OSError as error:
        advice = "Set JOURNAL_DIRECTORY to a directory that callctl may write, on a disk that survives a restart."
        return [fail(f"The journal's directory {directory} cannot be written: {error.strerror}.", advice)]
    return [ok(f"The journal's directory {directory} can be written.")]


def _write_something(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".doctor-") as file:
        file.write(b"x")
        file.flush()
