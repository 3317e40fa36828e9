"""Our HTTP as a stranger and as an admin meet it: any method, path, query, header and body, over the whole application but its stores.

Whatever is asked: never a fault of ours, always the headers that keep a browser from harm, nothing that was sent in a refusal, and nothing
at all for who has no good token.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote, urlencode

import structlog
from fastapi import FastAPI
from hypothesis import strategies as st

from controller.api.access import COOKIE, SAFE
from controller.api.problems import KINDS, MEDIA_TYPE
from controller.api.wire import HEADERS
from ops.fuzz.empty_house import GOOD_SESSION, GOOD_TOKEN, make_empty_house
from ops.fuzz.target import Check, Target
from ops.fuzz.values import mostly, texts

CALL_ID = "0198a5f0-0000-7000-8000-000000000001"
OPEN = ("/", "/login", "/health", "/health/ready", "/metrics", "/call", "/api/v1/ping", "/api/v1/openapi.json")
"""What needs no token; so do the files of the pages."""
SCRIPT = "<script>alert(1)</script>"

_KNOWN = [
    *OPEN,
    *(
        f"/api/v1/{name}"
        for name in ["me", "session", "calls", "past", "callbacks", "operators", "health", "tokens", "audit", "web-calls", "nowhere"]
    ),
    *(f"/api/v1/calls/{CALL_ID}/{act}" for act in ["transfer", "say", "take", "release", "hang", "listen"]),
    *(f"/api/v1/{name}/{CALL_ID}" for name in ("calls", "past", "tokens")),
    f"/api/v1/callbacks/{CALL_ID}/done",
    "/api/v1/health/postgresql/check",
    "/console/main.js",
    "/call/call.js",
]
_AWAY = ["//", "/console/../serving.py", "/console/%2e%2e/serving.py", "/call/..%2froutes.py", "/console//etc/passwd", "/%00", "/call/\x00"]
_paths = st.one_of(
    st.sampled_from(_KNOWN),
    st.sampled_from(_AWAY),
    st.builds(
        lambda begin, rest: f"{begin}/{quote(rest, errors='replace')}", st.sampled_from(["", "/api/v1/calls", "/console", "/call"]), texts
    ),
)
_right = st.sampled_from(["1", "0", "50", "2026-11-24T10:00:00Z", CALL_ID, "Олена"])
_names = st.sampled_from(["q", "caller", "from", "to", "outcome", "cursor", "limit", "trouble", "person", "action", "call", "done"])
_queries = st.one_of(
    st.dictionaries(_names, mostly(_right, texts), max_size=4).map(lambda given: urlencode(given, errors="replace")),
    texts.map(lambda text: quote(text, safe="=&%", errors="replace")),
)
_header_names = st.sampled_from(
    [
        *("content-type", "content-length", "origin", "host", "cookie", "authorization", "x-csrf", "sec-fetch-site", "x-forwarded-for"),
        *("x-request-id", "idempotency-key", "if-state", "if-none-match", "accept"),
    ]
)
_header_values = st.sampled_from(["application/json", "key-1", "4", "same-origin", "cross-site", "Bearer x", "text/html", "api.test"])
_headers = st.dictionaries(_header_names, mostly(_header_values, texts), max_size=4)
_NAMES = ("queue", "operator", "note", "text", "mode", "why", "code", "token", "person", "role", "telephone")
_fields = {name: mostly(texts) for name in _NAMES}
_bodies = st.one_of(
    st.just(b""),
    mostly(st.fixed_dictionaries({}, optional={**_fields, **{name: mostly(st.booleans()) for name in ("warm", "cut", "numbers")}})).map(
        lambda value: json.dumps(value).encode()
    ),
    texts.map(lambda text: text.encode("utf-8", "replace")),
    st.integers(1, 20_000).map(lambda depth: b"[" * depth),
    st.integers(0, 70_000).map(bytes),
)
_METHODS = ("GET", "POST", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "QUERY")
INPUTS = st.lists(
    st.tuples(st.sampled_from(_METHODS), _paths, _queries, _headers, _bodies, st.sampled_from(["nobody", "token", "session"])),
    min_size=1,
    max_size=4,
)

Asked = tuple[str, str, str, dict[str, str], bytes, str]


async def ask(app: FastAPI, asked: Asked) -> None:
    method, path, query, headers, body, who = asked
    given = {
        **headers,
        **{"token": {"authorization": f"Bearer {GOOD_TOKEN}"}, "session": {"cookie": f"{COOKIE}={GOOD_SESSION}"}}.get(who, {}),
    }
    if who == "session":
        given.pop("authorization", None)
    pieces = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return pieces.pop() if pieces else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in given.items()],
        "client": ("192.0.2.7", 40_000),
        "server": ("api.test", 80),
        "state": {},
    }
    await app(scope, receive, send)
    answered = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    said = b"".join(message.get("body", b"") for message in sent[1:]).decode(errors="replace")
    judge(method, unquote(path), given, who, sent[0]["status"], answered, said)


def judge(method: str, path: str, given: dict[str, str], who: str, status: int, headers: dict[str, str], said: str) -> None:
    assert status < 500, "a fault of ours"
    assert set(map(str.lower, HEADERS)) | {"x-request-id"} <= set(headers)
    assert not any(control in value for value in headers.values() for control in "\r\n\0")
    if headers.get("content-type") == MEDIA_TYPE and method != "HEAD":
        assert json.loads(said)["code"] in KINDS
        assert SCRIPT not in said
        assert GOOD_TOKEN not in said
    if status < 300:
        free = path in OPEN or path.startswith(("/console/", "/call/"))
        assert free or who != "nobody", "given to nobody"
        assert method in SAFE or who != "session" or given.get("x-csrf"), "changed without the page's own value"
    if path.startswith(("/console", "/call/")) and status == 200:
        assert "import " in said or "<" in said or "{" in said or method == "HEAD", "a page's file"
        assert "def " not in said, "never a program's"


@contextmanager
def opened() -> Iterator[Check]:
    before = structlog.get_config()
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
    try:
        with asyncio.Runner() as runner:
            app = make_empty_house()

            async def all_of(value: list[Asked]) -> None:
                for asked in value:
                    await ask(app, asked)

            yield lambda value: runner.run(all_of(value))
    finally:
        structlog.configure(**before)


TARGET = Target("api", INPUTS, opened)
