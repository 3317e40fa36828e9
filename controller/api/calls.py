"""Live calls: look at them, and act on one. What is accepted shows on the stream."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from controller.api.access import Identity, Supervisor, Viewer
from controller.api.actions import Actions, IfState, Key
from controller.api.openapi import API
from controller.api.ports import LiveCalls, LiveControl
from controller.api.problems import Problem, codes_of, told
from controller.api.shapes import Accepted, Calls, CallWithTurns
from controller.board.sight import Sight
from controller.control import REFUSALS, Answer

_BUSY = told("state_changed", "idempotency_mismatch", *codes_of(REFUSALS))
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=_PRINTABLE)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Transfer(Body):
    queue: Name = "operators"
    operator: Name | None = Field(None, description="only this one")
    note: Line = Field("", description="what the operator should know; told before he takes the call if it is warm")
    warm: StrictBool | None = Field(None, description="null: as the settings say")

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"queue": "operators", "note": "Дві шини не того розміру"}]})


class Say(Body):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_PRINTABLE)]
    cut: StrictBool = Field(False, description="at once, instead of after the agent's sentence")

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "Зачекайте, будь ласка, хвилину.", "cut": False}]})


class Hang(Body):
    mode: Literal["goodbye", "cut"] = Field("goodbye", description="goodbye: the agent says it first")
    why: Line = ""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"mode": "goodbye", "why": "spam"}]})


def make_router(live: LiveCalls, control: LiveControl, actions: Actions) -> APIRouter:
    routes = APIRouter(prefix=f"{API}/calls", tags=["calls"])

    @routes.get("", name="calls_list", responses={200: {"model": Calls}})
    async def calls(who: Viewer) -> JSONResponse:
        """Live calls, without their turns."""
        return JSONResponse(Sight.of(who).see({"calls": live.calls()}))

    @routes.get("/{call_id}", name="calls_one", responses={200: {"model": CallWithTurns}, **told("call_unknown")})
    async def one(call_id: uuid.UUID, who: Viewer) -> JSONResponse:
        """A live call with its turns."""
        found = live.call(str(call_id))
        if found is None:
            raise Problem("call_unknown")
        return JSONResponse(Sight.of(who).see(found | {"events_url": f"{API}/calls/{call_id}/log"}))

    async def act(
        request: Request,
        who: Identity,
        action: str,
        call_id: uuid.UUID,
        key: str,
        if_state: int | None,
        wish: Callable[[str], Awaitable[Answer]],
        body: Body | None = None,
        why: str = "",
    ) -> JSONResponse:
        id_ = str(call_id)
        arguments: dict[str, Any] = body.model_dump(exclude_none=True) if body else {}
        return await actions.perform(
            request, who, action, key, lambda: wish(id_), call_id=id_, if_state=if_state, why=why, arguments=arguments
        )

    def action(path: str, name: str, *, method: str = "POST") -> Callable[[Any], Any]:
        return routes.api_route(
            f"/{{call_id}}/{path}",
            methods=[method],
            name=name,
            status_code=202,
            response_model=Accepted,
            responses=_BUSY,
        )

    @action("transfer", "calls_transfer")
    async def transfer(request: Request, call_id: uuid.UUID, body: Transfer, who: Supervisor, key: Key, if_state: IfState = None) -> Any:
        """To the operators: the agent takes leave and the caller waits in the queue."""
        return await act(
            request,
            who,
            "transfer",
            call_id,
            key,
            if_state,
            lambda id_: control.transfer(
                id_, who.as_person, queue=body.queue, operator=body.operator or "", note=body.note, warm=body.warm
            ),
            body,
            body.note,
        )

    @action("say", "calls_say")
    async def say(request: Request, call_id: uuid.UUID, body: Say, who: Supervisor, key: Key, if_state: IfState = None) -> Any:
        """The agent says it with its own voice, marked as yours in the record; 409 while a person has the call."""
        return await act(
            request, who, "say", call_id, key, if_state, lambda id_: control.say(id_, who.as_person, body.text, cut=body.cut), body
        )

    @action("take", "calls_take")
    async def take(request: Request, call_id: uuid.UUID, who: Supervisor, key: Key, if_state: IfState = None) -> Any:
        """Your telephone rings; when you pick it up the agent leaves and you have the caller."""
        return await act(request, who, "take", call_id, key, if_state, lambda id_: control.take_over(id_, who.as_person))

    @action("release", "calls_release")
    async def release(request: Request, call_id: uuid.UUID, who: Supervisor, key: Key, if_state: IfState = None) -> Any:
        """The call that you have, back to the agent."""
        return await act(request, who, "release", call_id, key, if_state, lambda id_: control.give_back(id_, who.as_person))

    @action("hang", "calls_hang")
    async def hang(request: Request, call_id: uuid.UUID, body: Hang, who: Supervisor, key: Key, if_state: IfState = None) -> Any:
        """End the call."""
        return await act(
            request,
            who,
            "hang",
            call_id,
            key,
            if_state,
            lambda id_: control.hang_up(id_, who.as_person, goodbye=body.mode == "goodbye", why=body.why),
            body,
            body.why,
        )

    @action("listen", "calls_listen")
    async def listen(request: Request, call_id: uuid.UUID, who: Supervisor, key: Key, if_state: IfState = None) -> Any:
        """Your telephone rings; you hear both sides and nobody hears you."""
        return await act(request, who, "listen", call_id, key, if_state, lambda id_: control.listen(id_, who.as_person))

    @action("listen", "calls_stop_listening", method="DELETE")
    async def stop_listening(request: Request, call_id: uuid.UUID, who: Supervisor, key: Key) -> Any:
        """Your telephone is hung up."""
        return await act(request, who, "listen.stop", call_id, key, None, lambda id_: control.stop_listening(id_, who.as_person))

    return routes
