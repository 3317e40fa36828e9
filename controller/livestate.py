"""Live calls in Redis (or Valkey): for consoles and other processes, never needed by a call, lost without harm.

    callctl:live            sorted set   call id → Unix time until which its entry counts
    callctl:live:<call id>  hash         what the call is and does now; it expires by itself when its controller dies
    callctl:sheet:<call id> string       what a successor on another host needs to go on with it (``controller.sheets``)

    async with LiveState.open(url) as live:
        live.append(record)       # the journal's records; returns at once, never raises
        live.status().failing     # why Redis is not written, in words, or None

What is kept here is the newest state of each live call, so that many changes while Redis is slow or away become one write,
and all of it is written again when Redis comes back empty.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from controller.journal.ids import call_uuid, unix_ms
from controller.journal.records import CallRevised, Record, ToolCalled, TurnRecorded

LIVE = "callctl:live"
TIMEOUT_S = 2.0
LONGEST_PAUSE_S = 5.0
STOP_S = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveStateSettings:
    ttl_s: float = 60.0  # how long a dead controller's calls are still shown
    refresh_s: float = 5.0  # how soon a loss of Redis's data is noticed that broke no connection
    max_calls: int = 1000
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class LiveStateStatus:
    live: int  # calls
    pending: int  # of them and of ended ones, not yet written
    dropped: int  # records not taken because *max_calls* were live
    failing: str | None


class LiveState:
    def __init__(self, url: str, settings: LiveStateSettings) -> None:
        self._url = url
        self._settings = settings
        self._live: dict[str, dict[str, str]] = {}
        self._changed: set[str] = set()
        self._sheets: dict[str, bytes] = {}
        self._changed_sheets: set[str] = set()
        self._ended: dict[str, None] = {}  # in order: the oldest is given up first
        self._dropped = 0
        self._failing: str | None = "Redis: not connected yet"
        self._wake = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, settings: LiveStateSettings | None = None) -> AsyncIterator[LiveState]:
        """Also while Redis is down. On leaving, what changed is written if Redis takes it within two seconds."""
        state = cls(url, settings or LiveStateSettings())
        task = asyncio.create_task(state._run(), name="live-state")
        try:
            yield state
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=STOP_S)
            await state._last_words()

    def append(self, record: Record) -> None:
        """Take what *record* says of its call. Steps of the machine and calls that are not live are passed over."""
        match record:
            case CallRevised(ended_at_ms=None):
                self._revise(record)
            case CallRevised():
                if self._live.pop(record.call_id, None) is None:
                    return
                self._changed.discard(record.call_id)
                self._sheets.pop(record.call_id, None)
                self._changed_sheets.discard(record.call_id)
                self._ended[record.call_id] = None
                if len(self._ended) > self._settings.max_calls:
                    self._ended.pop(next(iter(self._ended)))  # it will expire
                self._wake.set()
            case TurnRecorded(turn=turn):
                said = {"turns": str(turn.turn_number), "last_speaker": turn.speaker, "last_text": turn.text}
                self._add(record.call_id, said)
            case ToolCalled(call=call):
                self._add(record.call_id, {"last_tool": call.name})
            case _:
                pass

    def keep_sheet(self, call_id: str, sheet: bytes) -> None:
        """Written with whatever else is written next: at every turn and change of state, and some seconds later at the latest."""
        if call_id in self._live:
            self._sheets[call_id] = sheet
            self._changed_sheets.add(call_id)

    def status(self) -> LiveStateStatus:
        return LiveStateStatus(len(self._live), len(self._changed) + len(self._ended), self._dropped, self._failing)

    def _revise(self, record: CallRevised) -> None:
        known = self._live.get(record.call_id)
        if known is None:
            if len(self._live) >= self._settings.max_calls:
                self._dropped += 1
                return
        elif int(known["revision"]) >= record.revision:
            return
        try:
            started_at_ms = unix_ms(call_uuid(record.call_id))
        except ValueError:
            self._dropped += 1
            return
        self._live.setdefault(record.call_id, {})
        self._add(
            record.call_id,
            {
                "call_id": record.call_id,
                "revision": str(record.revision),
                "state": record.state,
                "caller_id": record.caller_id,
                "app": record.app,
                "channel_id": record.channel_id,
                "started_at_ms": str(started_at_ms),
                "answered_at_ms": "" if record.answered_at_ms is None else str(record.answered_at_ms),
            },
        )

    def _add(self, call_id: str, fields: dict[str, str]) -> None:
        known = self._live.get(call_id)
        if known is None:
            return
        known |= fields
        self._changed.add(call_id)
        self._wake.set()

    async def _run(self) -> None:
        pause_s = 0.1
        while True:
            client = connect(self._url)
            try:
                self._changed.update(self._live)  # it may have come back empty
                self._changed_sheets.update(self._sheets)
                refresh_at = time.monotonic() + self._settings.refresh_s
                while True:
                    await self._write(client)
                    pause_s = 0.1
                    await self._wait(refresh_at)
                    if time.monotonic() >= refresh_at:
                        await self._refresh(client)
                        refresh_at = time.monotonic() + self._settings.refresh_s
            except (RedisError, OSError) as error:
                self._fail(f"Redis: {error}")
            except Exception as error:  # the task's edge: a mistake of ours must not end it, and must be seen
                log.exception("live_state_failed")
                self._fail(f"live state: {error!r}")
            finally:
                await client.aclose()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _write(self, client: Redis) -> None:
        """Everything that changed, in one round trip; what fails stays changed."""
        self._wake.clear()
        changed, ended, sheets = list(self._changed), list(self._ended), list(self._changed_sheets)
        async with client.pipeline(transaction=False) as pipeline:
            for call_id in changed:
                pipeline.hset(_key(call_id), mapping=dict[Any, Any](self._live[call_id]))
                self._prolong(pipeline, call_id)
            for call_id in sheets:
                pipeline.set(_sheet_key(call_id), self._sheets[call_id], px=int(self._settings.ttl_s * 1000))
            for call_id in ended:
                pipeline.delete(_key(call_id), _sheet_key(call_id))
                pipeline.zrem(LIVE, call_id)
            pipeline.ping()
            self._changed.clear()
            self._ended.clear()
            self._changed_sheets.clear()
            try:
                await pipeline.execute()
            except BaseException:
                self._changed.update(call_id for call_id in changed if call_id in self._live)
                self._ended = dict.fromkeys(ended) | self._ended
                self._changed_sheets.update(call_id for call_id in sheets if call_id in self._sheets)
                raise
        if self._failing is not None:
            log.info("live_state_ready", live=len(self._live))
        self._failing = None

    async def _wait(self, until: float) -> None:
        """For a change, at most *until* that time of ``time.monotonic``."""
        try:
            async with asyncio.timeout(until - time.monotonic()):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _refresh(self, client: Redis) -> None:
        """Prolong every entry, and see by that which are not there any more."""
        calls = list(self._live)
        async with client.pipeline(transaction=False) as pipeline:
            for call_id in calls:
                self._prolong(pipeline, call_id)
            pipeline.zremrangebyscore(LIVE, "-inf", self._settings.clock())
            answers = await pipeline.execute()
        there = answers[: 3 * len(calls) : 3]
        lost = [call_id for call_id, is_there in zip(calls, there, strict=True) if not is_there and call_id in self._live]
        self._changed.update(lost)
        self._changed_sheets.update(call_id for call_id in lost if call_id in self._sheets)

    def _prolong(self, pipeline: Pipeline, call_id: str) -> None:
        pipeline.pexpire(_key(call_id), int(self._settings.ttl_s * 1000))
        pipeline.pexpire(_sheet_key(call_id), int(self._settings.ttl_s * 1000))
        pipeline.zadd(LIVE, {call_id: self._settings.clock() + self._settings.ttl_s})

    async def _last_words(self) -> None:
        if self._failing is not None or not (self._changed or self._ended):
            return
        client = connect(self._url)
        try:
            async with asyncio.timeout(STOP_S):
                await self._write(client)
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(f"Redis: {error}")
        finally:
            await client.aclose()

    def _fail(self, reason: str) -> None:
        if self._failing != reason:
            log.warning("live_state_failing", reason=reason)
        self._failing = reason


def connect(url: str) -> Redis:
    """A client that waits at most two seconds for anything and never tries again by itself: a loss must be noticed."""
    client: Redis = Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        driver_info=None,  # else each connection first looks up the library's version in its package: 5 ms on the event loop
    )
    return client


async def live_calls(client: Redis, now: float) -> list[dict[str, str]]:
    """The live calls of all controllers as Redis knows them, oldest first; raises ``RedisError``."""
    ids: list[Any] = await client.zrangebyscore(LIVE, now, "+inf")
    async with client.pipeline(transaction=False) as pipeline:
        for call_id in ids:
            pipeline.hgetall(_key(call_id))
        found: list[dict[str, str]] = await pipeline.execute()
    return sorted((call for call in found if call), key=lambda call: int(call["started_at_ms"]))


async def sheet_of(url: str, call_id: str) -> bytes | None:
    """What a controller that died on another host left of its call; None: nothing, or Redis does not answer within two seconds."""
    client: Redis = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0))
    try:
        found = await client.get(_sheet_key(call_id))
        return found if isinstance(found, bytes) else None
    except (RedisError, OSError) as error:
        log.warning("sheet_not_asked_for", call_id=call_id, why=str(error))
        return None
    finally:
        await client.aclose()


def _sheet_key(call_id: str) -> str:
    return f"callctl:sheet:{call_id}"


def _key(call_id: str) -> str:
    return f"{LIVE}:{call_id}"
