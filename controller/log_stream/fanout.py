"""From worker to worker: each tells on one channel of Redis what it has sealed, and hears what the others have.

    send(parcel) ─► at most 64 waiting ─► PUBLISH callctl:log ─► every worker, ourselves among them: so silence means trouble

Nothing is kept in Redis. What is lost on the way is noticed by whoever misses it (``tributary.py``) and taken from PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from controller.log_stream.line import Line

CHANNEL = "callctl:log"
TIMEOUT_S = 2.0
BEAT_S = 2.0
"""How often a worker says where it is that has nothing to say."""
SILENCE_S = 4 * BEAT_S
LONGEST_PAUSE_S = 5.0
WAITING = 64  # parcels: ten seconds and more
STOP_S = 2.0

log = structlog.get_logger(__name__)


class Parcel(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    app: str
    before: int  # position of the app's newest line before these
    lines: list[Line]
    last: int  # ... and after them
    stored: int  # every line up to here is on PostgreSQL


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Parcel)


class Fanout:
    """``send`` returns at once and never raises; *take* gets every parcel of the others, in the loop's thread."""

    def __init__(self, url: str, app: str, take: Callable[[Parcel], None]) -> None:
        self._url = url
        self._app = app
        self._take = take
        self._waiting: deque[Parcel] = deque(maxlen=WAITING)
        self._wake = asyncio.Event()
        self.failing: str | None = "Redis: not connected yet"

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, app: str, take: Callable[[Parcel], None]) -> AsyncIterator[Fanout]:
        """Also while Redis is down."""
        fanout = cls(url, app, take)
        tasks = [
            asyncio.create_task(fanout._again_and_again(fanout._publish), name="log-fanout-out"),
            asyncio.create_task(fanout._again_and_again(fanout._subscribe), name="log-fanout-in"),
        ]
        try:
            yield fanout
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=STOP_S)

    def send(self, parcel: Parcel) -> None:
        self._waiting.append(parcel)  # the oldest is given up first
        self._wake.set()

    async def _again_and_again(self, work: Callable[[Redis], AsyncIterator[None]]) -> None:
        pause_s = 0.1
        while True:
            client = connect(self._url)
            try:
                async for _ in work(client):
                    pause_s = 0.1
                    self._recover()
            except (RedisError, OSError, TimeoutError) as error:
                self._fail(f"Redis: {error}")
            except Exception as error:  # the task's edge: a mistake of ours must not end it, and must be seen
                log.exception("log_fanout_failed")
                self._fail(f"log fan-out: {error!r}")
            finally:
                with suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _publish(self, client: Redis) -> AsyncIterator[None]:
        await client.ping()
        while True:
            self._wake.clear()
            while self._waiting:
                parcel = self._waiting.popleft()  # if it is lost here, that is noticed as any other loss
                await client.publish(CHANNEL, _encoder.encode(parcel))
            yield
            await self._wake.wait()

    async def _subscribe(self, client: Redis) -> AsyncIterator[None]:
        async with client.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(CHANNEL)
            while True:
                message = await _next_message(channel)
                yield
                try:
                    parcel = _decoder.decode(message)
                except msgspec.MsgspecError as error:  # of a worker of another version
                    log.warning("log_parcel_unreadable", reason=str(error))
                    continue
                if parcel.app != self._app:
                    self._take(parcel)

    def _recover(self) -> None:
        if self.failing is not None:
            log.info("log_fanout_ready")
        self.failing = None

    def _fail(self, reason: str) -> None:
        if self.failing != reason:
            log.warning("log_fanout_failing", reason=reason)
        self.failing = reason


async def _next_message(channel: PubSub) -> bytes:
    async with asyncio.timeout(SILENCE_S):
        while True:
            message = await channel.get_message(timeout=SILENCE_S)
            if message is not None:
                data: bytes = message["data"]
                return data


def connect(url: str) -> Redis:
    client: Redis = Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0), driver_info=None
    )
    return client
