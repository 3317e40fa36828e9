"""The application: POST /v1/messages, streamed or whole, and the faults it plays on demand.

request ─► key ─► rules ─► fault? ─► brain ─► latency_ms ─► first token ─► ms_per_token ─► ... ─► message_stop
"""

from __future__ import annotations

import asyncio
import hmac
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ops.standins.anthropic_api import stream
from ops.standins.anthropic_api.brain import think
from ops.standins.anthropic_api.cache import PrefixCache
from ops.standins.anthropic_api.rules import Refused, check
from ops.standins.control import Control, Served, control_router

HANG_S = 60.0  # longer than any client's patience
PING_EVERY_S = 1.0
DELTAS_BEFORE_A_BREAK = 2
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
Count = Annotated[int, msgspec.Meta(ge=0)]
Blocks = Sequence[Mapping[str, Any]]


class AnthropicSettings(msgspec.Struct):
    latency_ms: Count = 0  # from the request to the first token
    ms_per_token: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    fail_next: Count = 0  # so many requests answer fail_status
    fail_status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 529
    retry_after_s: Annotated[float, msgspec.Meta(ge=0)] | None = None  # sent with the failures
    hang_next: Count = 0  # so many stay silent before the first token, pings apart
    cut_next: Count = 0  # so many streams break off in the middle of the text
    error_in_stream_next: Count = 0  # so many streams bring an overloaded_error event in the middle
    malformed_next: Count = 0  # so many tool uses have arguments that are not JSON; waits for a tool use
    cache_minimum_tokens: Count = 1_024  # shorter prefixes are not cached; each model has its own


def create_app(api_key: str, control: Control[AnthropicSettings], mind: Callable[[Any, Any, str], Blocks] = think) -> FastAPI:
    """*api_key* empty: any non-empty key will do."""
    app = FastAPI(title="Anthropic Messages API (stand-in)", openapi_url=None)
    app.include_router(control_router(control))
    cache = PrefixCache()

    @app.post("/v1/messages")
    async def messages(request: Request) -> Response:
        served = control.arrived("POST /v1/messages")
        try:
            body = _checked(request, await request.body(), api_key)
            served.detail.update(model=body["model"], messages=len(body["messages"]), **_asked(body["messages"][-1]["content"]))
            await _fail(control)
        except _Refusal as refusal:
            served.ended(str(refusal.status), reason=str(refusal))
            return refusal.response()
        blocks = mind(body["messages"], body.get("tools", []), _system(body.get("system", "")))
        usage = cache.usage(body, minimum_tokens=control.settings.cache_minimum_tokens)
        served.detail.update(usage)
        headers = {"request-id": f"req_{uuid.uuid4().hex[:24]}"}
        if not body.get("stream"):
            await asyncio.sleep(control.settings.latency_ms / 1000)
            served.ended()
            return JSONResponse(stream.whole(body, blocks, usage), headers=headers)
        return StreamingResponse(_streamed(control, served, body, blocks, usage), media_type="text/event-stream", headers=headers)

    return app


class _Refusal(Exception):
    def __init__(self, status: int, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    def response(self) -> JSONResponse:
        headers = {"request-id": f"req_{uuid.uuid4().hex[:24]}"}
        if self.retry_after_s is not None:
            headers["retry-after"] = f"{self.retry_after_s:g}"
        error = {"type": ERROR_TYPES.get(self.status, "api_error"), "message": str(self)}
        return JSONResponse({"type": "error", "error": error, "request_id": headers["request-id"]}, self.status, headers)


def _checked(request: Request, raw: bytes, api_key: str) -> dict[str, Any]:
    given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
    if not given or (api_key and not hmac.compare_digest(given.encode(), api_key.encode())):
        raise _Refusal(401, "invalid API key" if given else "an API key is required: x-api-key, or Authorization as the library sends it")
    if "anthropic-version" not in request.headers:
        raise _Refusal(400, "anthropic-version: header is required")
    try:
        body = json.loads(raw)
        check(body)
    except ValueError as wrong:
        raise _Refusal(400, f"The request body is not valid JSON: {wrong}") from wrong
    except Refused as wrong:
        raise _Refusal(400, str(wrong)) from wrong
    return dict(body)


def _system(given: Any) -> str:
    return given if isinstance(given, str) else "\n".join(block["text"] for block in given)


def _asked(content: Any) -> dict[str, Any]:
    """What tells one request from another in the log: the last words, and the tool uses whose results came with them."""
    if isinstance(content, str):
        return {"asked": content, "answers": []}
    texts = [block["text"] for block in content if block["type"] == "text"]
    return {"asked": " ".join(texts), "answers": [block["tool_use_id"] for block in content if block["type"] == "tool_result"]}


async def _fail(control: Control[AnthropicSettings]) -> None:
    if control.spend("fail_next"):
        raise _Refusal(control.settings.fail_status, "a fault that was asked for", control.settings.retry_after_s)


async def _streamed(
    control: Control[AnthropicSettings], served: Served, body: dict[str, Any], blocks: Blocks, usage: Mapping[str, int]
) -> AsyncIterator[bytes]:
    """The stream's bytes, paced; the log learns when the first token left and how it ended.

    What is not apart in time is sent at once: under load the stand-in must not cost what it stands in for.
    """
    settings = control.settings
    hangs, cuts, breaks = control.spend("hang_next"), control.spend("cut_next"), control.spend("error_in_stream_next")
    malformed = any(block["type"] == "tool_use" for block in blocks) and control.spend("malformed_next")
    unsent = bytearray()
    deltas = 0
    try:
        for event in stream.events(body, blocks, usage, malformed=malformed):
            if event["type"] == "content_block_start" and event["index"] == 0:
                yield bytes(unsent)
                unsent.clear()
                async for ping in _silence(HANG_S if hangs else settings.latency_ms / 1000):
                    yield ping
                served.began()
            is_delta = event["type"] == "content_block_delta"
            deltas += is_delta
            if deltas > DELTAS_BEFORE_A_BREAK and (cuts or breaks):
                yield bytes(unsent)
                if cuts:
                    served.ended("cut")
                    raise ConnectionResetError("a cut that was asked for")
                yield stream.sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
                served.ended("overloaded_error")
                return
            unsent += stream.sse(event)
            if is_delta and settings.ms_per_token:
                yield bytes(unsent)
                unsent.clear()
                await asyncio.sleep(settings.ms_per_token / 1000)
        yield bytes(unsent)
        uses = [block for block in blocks if block["type"] == "tool_use"]
        served.ended(tools=[use["name"] for use in uses], uses=[use["id"] for use in uses])
    finally:
        served.ended("client gone")  # the first outcome stays


async def _silence(seconds: float) -> AsyncIterator[bytes]:
    """Time before the first token; the API pings in long ones."""
    while seconds > PING_EVERY_S:
        await asyncio.sleep(PING_EVERY_S)
        seconds -= PING_EVERY_S
        yield stream.sse({"type": "ping"})
    if seconds > 0:
        await asyncio.sleep(seconds)
