"""How both Google adapters reach their service, and which of its errors pass by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import grpc
from google.api_core import exceptions as google

PASSING: Final = (google.Aborted, google.InternalServerError, google.ServiceUnavailable, google.Cancelled, google.DeadlineExceeded)
"""Statuses after which Google's documentation says to open the stream again."""

_WATCHED: Final = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 200),
)
"""A connection that died without a word is noticed, and a lost one is made again while the caller still speaks."""


class StreamClosed(Exception):
    """The service ended the stream as if all were well, though we had not."""


FAILURES: Final = (google.GoogleAPICallError, asyncio.InvalidStateError, StreamClosed)
"""What a stream can die of besides our own timeouts; InvalidStateError is gRPC's answer to a write after the end."""


def plaintext_channel(endpoint: str) -> grpc.aio.Channel:
    """A channel without TLS and credentials to "host:port", for a stand-in on a private network."""
    return grpc.aio.insecure_channel(endpoint, options=(*_WATCHED, ("grpc.enable_http_proxy", 0)))


def watched_channel(transport: Any) -> Callable[..., grpc.aio.Channel]:
    """What makes Google's own channel for *transport* (a class of the client library), with our options added."""

    def make(host: str, **arguments: Any) -> grpc.aio.Channel:
        options = (*arguments.pop("options", ()), *_WATCHED)
        return transport.create_channel(host, options=options, **arguments)

    return make


async def close(client: Any) -> None:
    """Close a client's transport (which has no types)."""
    await client.transport.close()


def may_pass(error: BaseException) -> bool:
    """Whether another stream may succeed where this one failed."""
    return isinstance(error, (*PASSING, TimeoutError, asyncio.InvalidStateError, StreamClosed))


def pause_s(error: BaseException) -> float:
    """How long to wait before the next stream: a channel that lost its connection refuses at once until it tried again."""
    return 0.3 if isinstance(error, google.ServiceUnavailable) else 0.0


def in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
