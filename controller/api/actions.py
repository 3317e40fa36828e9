"""How a person's wish becomes an answer: once, against the state that he saw, written down.

key seen before? ─► If-State still true? ─► the part that can do it ─► audit ─► 202, or the problem of its code
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import JSONResponse
from pydantic import StringConstraints

from controller.api.audit import Audit
from controller.api.idempotency import Idempotency, Reply
from controller.api.identity import Identity
from controller.api.problems import DatabaseAway, Problem
from controller.control import Answer

LONGEST_S = 6.0
"""Whoever does it has an earlier limit of his own."""

Key = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")],
    Header(alias="Idempotency-Key", description="a new one for each wish, the same when it is sent again", examples=["5f0c-1"]),
]
IfState = Annotated[
    int | None, Header(alias="If-State", ge=0, le=2**53, description="the call's state_seq as the person saw it", examples=[4])
]


class Actions:
    def __init__(self, audit: Audit, state_seq: Callable[[str], int | None]) -> None:
        self._audit = audit
        self._state_seq = state_seq
        self._idempotency = Idempotency()

    async def perform(
        self,
        request: Request,
        who: Identity,
        action: str,
        key: str,
        wish: Callable[[], Awaitable[Answer]],
        *,
        call_id: str = "",
        if_state: int | None = None,
        why: str = "",
        arguments: dict[str, Any] | None = None,
    ) -> JSONResponse:
        """*arguments* are what makes two wishes with one key the same; they are written down, so they hold no secret."""

        async def work() -> Reply:
            result = "failed"
            try:
                answer = await self._answer(wish, call_id, if_state)
                result = answer.code
            except DatabaseAway:
                result = "database_away"
                raise
            finally:
                self._audit.note(who, action, call_id=call_id, why=why, arguments=arguments, result=result)
            if answer.accepted:
                return Reply(202, {"code": answer.code, "args": dict(answer.args)})
            return Reply.of(Problem(answer.code, **answer.args))

        route = f"{request.method} {request.url.path}"
        body = json.dumps(arguments, sort_keys=True).encode()
        return await self._idempotency.once(who.person, route, key, body, work)

    async def _answer(self, wish: Callable[[], Awaitable[Answer]], call_id: str, if_state: int | None) -> Answer:
        now = self._state_seq(call_id) if call_id and if_state is not None else None
        if now is not None and now != if_state:
            return Answer("state_changed", {"seen": if_state, "now": now})
        try:
            async with asyncio.timeout(LONGEST_S):
                return await wish()
        except TimeoutError:
            return Answer("no_answer")
