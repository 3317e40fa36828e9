"""Call backs, operators, and what we depend on."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from controller.api.access import Developer, Supervisor, Viewer
from controller.api.actions import Actions, Key
from controller.api.openapi import API
from controller.api.ports import CallBacks, Dependencies, Lists
from controller.api.problems import Problem, told
from controller.api.shapes import Accepted, CallBackList, Dependency, Health, OperatorList
from controller.board.sight import Sight

_MAY_BE_REFUSED = told(
    "callback_unknown", "callback_done", "no_telephone", "no_outbound", "idempotency_mismatch", "asterisk_away", "no_answer"
)


def make_router(callbacks: CallBacks, lists: Lists, dependencies: Dependencies, actions: Actions) -> APIRouter:
    routes = APIRouter(prefix=API)

    @routes.get("/callbacks", name="callbacks_list", tags=["people"], responses={200: {"model": CallBackList}})
    async def listed(who: Viewer, done: Annotated[Literal["0", "1"], Query(description="1: done ones too")] = "0") -> JSONResponse:
        """Callers whom we promised to ring back."""
        return JSONResponse(Sight.of(who).see({"callbacks": await callbacks.listed(done=done == "1")}))

    @routes.post(
        "/callbacks/{callback_id}/dial",
        name="callbacks_dial",
        tags=["people"],
        status_code=202,
        response_model=Accepted,
        responses=_MAY_BE_REFUSED,
    )
    async def dial(request: Request, callback_id: uuid.UUID, who: Supervisor, key: Key) -> Any:
        """Your telephone rings, then the customer's."""
        id_ = str(callback_id)
        return await actions.perform(
            request, who, "callback.dial", key, lambda: callbacks.dial(id_, who.as_person), arguments={"callback": id_}
        )

    @routes.post(
        "/callbacks/{callback_id}/done",
        name="callbacks_done",
        tags=["people"],
        status_code=202,
        response_model=Accepted,
        responses=_MAY_BE_REFUSED,
    )
    async def done(request: Request, callback_id: uuid.UUID, who: Supervisor, key: Key) -> Any:
        """He was rung back."""
        id_ = str(callback_id)
        return await actions.perform(
            request, who, "callback.done", key, lambda: callbacks.done(id_, who.as_person), arguments={"callback": id_}
        )

    @routes.get("/operators", name="operators_list", tags=["people"], responses={200: {"model": OperatorList}})
    async def operators(who: Viewer) -> JSONResponse:
        """Who is free, who talks, and who waits for them."""
        return JSONResponse(Sight.of(who).see({"operators": lists.items("operator"), "queue": lists.items("queue")}))

    @routes.get("/health", name="health_list", tags=["health"], responses={200: {"model": Health}})
    async def health(who: Viewer) -> JSONResponse:
        """What we depend on, and how it does."""
        return JSONResponse(Sight.of(who).see({"health": dependencies.listed()}))

    @routes.post(
        "/health/{dependency}/check",
        name="health_check",
        tags=["health"],
        responses={200: {"model": Dependency}, **told("dependency_unknown")},
    )
    async def check(
        dependency: Annotated[str, Path(pattern=r"^[a-z0-9_]{1,40}$", examples=["postgresql"])], who: Developer
    ) -> JSONResponse:
        """Ask it now. Does nothing else, so it needs no Idempotency-Key."""
        found = await dependencies.check(dependency)
        if found is None:
            raise Problem("dependency_unknown")
        return JSONResponse(Sight.of(who).see(found))

    return routes
