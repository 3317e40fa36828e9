"""The console's shapes for the OpenAPI page: they document and are not run; a test holds the answers against them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

CALL_ID = "0198a5f0-7c1e-7000-8000-000000004127"
AT_MS = 1795271527000


class Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class Caller(Shape):
    name: str | None = None
    tel: str = Field(description="masked unless the token says numbers")
    known: int | None = Field(None, description="orders that we know of")


class Trouble(Shape):
    level: Literal["alarm", "warn"]
    code: str
    args: dict[str, Any] = {}


class Call(Shape):
    id: str = Field(examples=[CALL_ID])
    caller: Caller
    line: str | None = None
    lang: str | None = None
    started: int
    state: str = Field(description="connecting greeting listening thinking tool speaking transferring operator ended")
    state_seq: int | None = Field(None, description="for If-State")
    topic: str | None = None
    operator: str | None = None
    trouble: Trouble | None = None
    lat: list[int] = Field([], description="the latest answers, ms from the caller's last word to the agent's first")
    listeners: list[str] = []
    can: list[str] = Field([], description="what you may do now: transfer listen say take release hang")


class Turn(Shape):
    n: int
    at: int = Field(description="ms since the call began")
    who: Literal["agent", "caller", "tool"]
    text: str | None = None
    heard_chars: int | None = None
    played_ms: int | None = None
    lat: dict[str, int | None] | None = None
    tool: dict[str, Any] | None = None


class CallWithTurns(Call):
    turns: list[Turn]
    events_url: str


class Calls(Shape):
    calls: list[Call]


class PastItem(Shape):
    id: str
    at: int
    caller: Caller
    topic: str | None = None
    outcome: str | None = None
    dur_s: float | None = None
    p95_ms: int | None = None
    trouble: Trouble | None = None


class PastPage(Shape):
    items: list[PastItem]
    total: int
    with_trouble: int
    next: str | None = Field(description="the next page's cursor")


class Hit(Shape):
    n: int
    at: int
    who: str
    text: str
    marks: list[tuple[int, int]] = Field(description="[from, to) in characters of text")


class PastCall(Call):
    turns: list[Turn]
    summary: str | None = None
    hits: list[Hit] = []


class CallBack(Shape):
    id: str
    name: str | None = None
    tel: str
    why: str | None = None
    due: int | None = None
    tries: int = 0
    owner: str | None = None
    state: Literal["open", "done"]


class CallBackList(Shape):
    callbacks: list[CallBack]


class Operator(Shape):
    id: str
    name: str
    state: Literal["free", "call", "wrap", "pause", "off"]
    queue: str | None = None
    since: int | None = None
    call: str | None = None


class OperatorList(Shape):
    operators: list[Operator]
    queue: list[dict[str, Any]] = Field(description="callers who wait")


class Dependency(Shape):
    id: str
    group: str
    name: str
    state: Literal["ok", "slow", "down"]
    since: int | None = None
    text: dict[str, Any] | None = None


class Health(Shape):
    health: list[Dependency]


class Accepted(Shape):
    """The effect arrives on the stream."""

    code: Literal["accepted"] = "accepted"
    args: dict[str, Any] = {}


class Now(Shape):
    now: int = Field(description="Unix time in ms")


class Me(Shape):
    person: str
    role: Literal["viewer", "developer", "supervisor", "admin"]
    telephone: str
    numbers: bool
    expires: int | None = Field(description="Unix time in ms; null: until it is revoked")
    csrf: str | None = Field(description="for X-CSRF; null with a bearer token")


class TokenListed(Shape):
    id: str
    person: str
    role: str
    telephone: str
    numbers: bool
    once: bool = Field(description="a link, not a token")
    created: int
    expires: int | None
    revoked: int | None
    sessions: int


class TokenList(Shape):
    tokens: list[TokenListed]


class TokenMade(Shape):
    id: str
    token: str = Field(description="shown here and never again")


class AuditLine(Shape):
    id: str
    at: int
    actor: str
    role: str
    action: str
    call: str | None
    why: str
    arguments: dict[str, Any]
    result: str
    request_id: str


class AuditPage(Shape):
    items: list[AuditLine]
    next: str | None
