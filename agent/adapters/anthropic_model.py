"""Claude through Anthropic's Messages API, streamed: ``agent.ports.Model``.

    request ─► connect ─ 2 s ─► first content ─ first_token_s ─► deltas, each within between_events_s ─► message_stop
                  └──────────────┴── fails here: one more try ──┘   └── fails here: ModelFailed, something was said

The library's own retries are off and its ten-minute timeouts are replaced: a caller is waiting on the phone.
Close the iterator (``contextlib.aclosing``) when you stop reading early; that and a cancellation close the
stream, and with it the bill, at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

import anthropic
import httpx2
import structlog
from anthropic.types import RawMessageStreamEvent, ThinkingConfigParam

from agent.adapters.anthropic_rate import RequestRate
from agent.adapters.anthropic_reply import Malformed, ReplyPart, ReplyReader
from agent.adapters.anthropic_request import message_params, system_blocks, tool_params
from agent.errors import ModelFailed
from agent.ports import Model, ModelRequest, ReplyEnded

FASTEST_MODEL = "claude-haiku-5-5"
PASSING_ERRORS = frozenset({"rate_limit_error", "overloaded_error", "api_error", "timeout_error"})
PASSING_STATUSES = frozenset({408, 409, 429, 500, 502, 503, 504, 529})

# Kept over a caller's turns: the library's 5 s would mean a new TLS handshake for nearly every answer.
CONNECTIONS = httpx2.Limits(max_connections=500, max_keepalive_connections=100, keepalive_expiry=60.0)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the model may take; the budget for its first token is 1 s at p95."""

    admission_s: float = 1.0  # for requests over the rate
    connect_s: float = 2.0
    first_token_s: float = 4.0  # from the request to the first content, connecting included
    between_events_s: float = 5.0  # arguments of a tool come in one piece after a pause
    retry_pause_s: float = 0.25  # when the service names no pause
    longest_retry_after_s: float = 2.0  # a longer one is not waited for: the call goes on without the model


Replied = Callable[[Mapping[str, int]], None]


def _nobody(usage: Mapping[str, int]) -> None:
    """Nobody counts."""


class AnthropicModel:
    """One client for all calls of a process; ``aclose`` when it ends.

    *base_url* None or empty is Anthropic's own. *max_tokens* caps one reply, *requests_per_minute* all calls together.
    *http_client* and *sleep* are for tests.
    """

    def __init__(
        self,
        api_key: str,
        *,
        model: str = FASTEST_MODEL,
        base_url: str | None = None,
        max_tokens: int = 500,
        requests_per_minute: int = 600,
        patience: Patience = Patience(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        self._model = model
        self._max_tokens = max_tokens
        self._rate = RequestRate(requests_per_minute, longest_wait_s=patience.admission_s)
        self._patience = patience
        self._sleep = sleep
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key,
            base_url=base_url or None,
            max_retries=0,
            timeout=httpx2.Timeout(patience.first_token_s + patience.between_events_s, connect=patience.connect_s),  # ours are shorter
            http_client=http_client or anthropic.DefaultAsyncHttpxClient(limits=CONNECTIONS),
        )

    async def aclose(self) -> None:
        await self._client.close()

    def metered(self, replied: Replied) -> Model:
        """As ``metering.TellsUsage``; of a reply that was cut off, what came of it is counted."""
        return _Metered(self, replied)

    async def reply(self, request: ModelRequest, replied: Replied = _nobody) -> AsyncGenerator[ReplyPart, None]:
        """Text as it is written, each tool use once its arguments are whole, ``ReplyEnded`` last; raises ``ModelFailed``."""
        spoken = False
        for is_last in (False, True):
            try:
                async with contextlib.aclosing(self._attempt(request, replied)) as parts:
                    async for part in parts:
                        spoken = True
                        yield dataclasses.replace(part, retries=1) if is_last and isinstance(part, ReplyEnded) else part
                return
            except _Passing as passing:
                if spoken or is_last or passing.pause_s > self._patience.longest_retry_after_s:
                    raise ModelFailed(str(passing)) from passing
                log.warning("model_retry", reason=str(passing), pause_s=passing.pause_s)
                pause_s = passing.pause_s
            await self._sleep(pause_s)

    async def _attempt(self, request: ModelRequest, replied: Replied) -> AsyncGenerator[ReplyPart, None]:
        """One request; raises ``_Passing`` for what may be gone at the next try, ``ModelFailed`` for the rest."""
        await self._rate.admit()
        clock = _Clock(self._patience)
        reader = ReplyReader()
        with self._translated(clock):
            async with asyncio.timeout(clock.left_s()):
                stream = await self._open(request)
        try:
            async with stream:
                while not reader.ended:
                    with self._translated(clock):
                        parts = await _next_parts(stream, reader, clock)
                    if reader.stop_reason == "refusal":
                        raise ModelFailed("the service's safety check stopped the reply")
                    for part in parts:
                        yield part
        finally:
            replied(reader.used)
        log.info("model_reply", model=self._model, first_token_ms=clock.first_token_ms, stop_reason=reader.stop_reason, **reader.usage)

    async def _open(self, request: ModelRequest) -> anthropic.AsyncStream[RawMessageStreamEvent]:
        return await self._client.messages.create(
            model=self._model,
            max_tokens=self._max_tokens,
            system=system_blocks(request.system) if request.system else anthropic.omit,
            tools=tool_params(request.tools) if request.tools else anthropic.omit,
            messages=message_params(request.messages),
            thinking=_thinking(self._model),
            stream=True,
        )

    @contextlib.contextmanager
    def _translated(self, clock: _Clock) -> Iterator[None]:
        """The library's errors as ours."""
        pause_s = self._patience.retry_pause_s
        try:
            yield
        except TimeoutError as late:
            raise _Passing(clock.complaint(), pause_s) from late
        except anthropic.APIStatusError as refused:
            message = f"{refused.status_code} {refused.type}: {refused.api_message or refused.message}"[:300]
            if refused.status_code in PASSING_STATUSES or refused.type in PASSING_ERRORS:
                raise _Passing(message, _retry_after_s(refused, pause_s)) from refused
            raise ModelFailed(message) from refused
        except (anthropic.APIConnectionError, httpx2.HTTPError) as broken:
            raise _Passing(f"connection: {broken.__cause__ or broken!r}", pause_s) from broken
        except (
            Malformed,
            anthropic.APIError,
            ValueError,
            AttributeError,
            TypeError,
            RecursionError,
        ) as wrong:  # the library does not validate events
            raise _Passing(f"unreadable reply: {wrong}", 0.0) from wrong


@dataclass(frozen=True, slots=True)
class _Metered:
    """The model of one call, whose usage is counted."""

    model: AnthropicModel
    replied: Replied

    def reply(self, request: ModelRequest) -> AsyncGenerator[ReplyPart, None]:
        return self.model.reply(request, self.replied)


class _Passing(Exception):
    """A fault that may be gone at the next try."""

    def __init__(self, message: str, pause_s: float) -> None:
        super().__init__(message)
        self.pause_s = pause_s


class _Clock:
    """How long may still be waited: till the first content in all, then for each event anew."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._began_s = time.monotonic()
        self.first_token_ms: int | None = None

    def left_s(self) -> float:
        if self.first_token_ms is not None:
            return self._patience.between_events_s
        return self._began_s + self._patience.first_token_s - time.monotonic()

    def content(self) -> None:
        if self.first_token_ms is None:
            self.first_token_ms = round((time.monotonic() - self._began_s) * 1000)

    def complaint(self) -> str:
        if self.first_token_ms is None:
            return f"no first token within {self._patience.first_token_s:g} s"
        return f"silent for {self._patience.between_events_s:g} s in the middle of a reply"


async def _next_parts(stream: anthropic.AsyncStream[RawMessageStreamEvent], reader: ReplyReader, clock: _Clock) -> list[ReplyPart]:
    async with asyncio.timeout(clock.left_s()):
        event = await anext(stream, None)
    if event is None:
        raise Malformed("the stream ended before the reply did")
    if event.type == "content_block_delta":
        clock.content()
    return reader.read(event)


def _thinking(model: str) -> ThinkingConfigParam | anthropic.Omit:
    """Off where it can be: newer models think by default, seconds of silence to a caller. Larger ones refuse to have it off."""
    return {"type": "disabled"} if "haiku" in model else anthropic.omit


def _retry_after_s(refused: anthropic.APIStatusError, otherwise_s: float) -> float:
    try:
        seconds = float(refused.response.headers.get("retry-after", ""))
    except ValueError:
        return otherwise_s
    return seconds if seconds >= 0 else otherwise_s
