"""The frame of a stand-in that speaks gRPC: a service on one port, the control endpoint on another."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import grpc
import msgspec

from ops.standins.control import Control, control_app, serve_http

S = TypeVar("S", bound=msgspec.Struct)
Context = Any
"""grpc.aio.ServicerContext; grpc has no types."""
Refusal = tuple[grpc.StatusCode, str]


def arguments(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", help="a setting of the control endpoint, from the start")
    return parser


def set_by(options: Mapping[str, Any], settings: type[S]) -> S:
    """Settings at start from ``--set name=value`` (JSON values)."""
    changes = {name: json.loads(value) for name, value in (pair.split("=", 1) for pair in options.get("set") or ())}
    return msgspec.convert(changes, settings)


def stream_handler(service: str, method: str, request: type[Any], answer: Callable[[Any, Any], Any]) -> grpc.GenericRpcHandler[Any, Any]:
    """Serve one bidirectional stream; *request* is a proto-plus message, *answer* yields raw protobuf messages."""
    rpc = grpc.stream_stream_rpc_method_handler(answer, request.pb().FromString, lambda message: message.SerializeToString())
    return grpc.method_handlers_generic_handler(service, {method: rpc})


async def serve(handler: Any, control: Control[S], *, host: str, port: int, control_port: int) -> None:
    """Serve until SIGTERM or SIGINT. The control endpoint answers last, so its health means all of it."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"{host}:{port}")
    await server.start()
    try:
        await serve_http(control_app(control), control_port, host)
    finally:
        await server.stop(grace=0.5)
