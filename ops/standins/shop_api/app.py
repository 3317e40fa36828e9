"""The application: what happens to every request, and the list of routers.

request ─► request id ─► log ─► latency, faults ─► key ─► router ─► X-Request-Id on the answer
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from ops.standins.control import Control, control_router
from ops.standins.shop_api import tyres, vehicles
from ops.standins.shop_api.catalogue import Catalogue
from ops.standins.shop_api.errors import error_response, shape_errors

BASE = "/api/v1"
HEALTH = f"{BASE}/health"
HANG_S = 30.0  # longer than any client's patience


class ShopSettings(msgspec.Struct):
    latency_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    fail_next: Annotated[int, msgspec.Meta(ge=0)] = 0  # so many requests answer fail_status
    fail_status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 500
    retry_after_s: Annotated[float, msgspec.Meta(ge=0)] | None = None  # sent with the failures
    hang_next: Annotated[int, msgspec.Meta(ge=0)] = 0  # so many requests are never answered
    rubbish_next: Annotated[int, msgspec.Meta(ge=0)] = 0  # so many get 200 with a body that is not JSON


def create_app(catalogue: Catalogue, api_key: str, control: Control[ShopSettings]) -> FastAPI:
    """*api_key* empty: any non-empty bearer token will do."""
    app = FastAPI(title="Shop API (stand-in)", openapi_url=None)
    shape_errors(app)
    app.include_router(control_router(control))
    api = APIRouter(prefix=BASE)
    for router in (_health(), tyres.router(catalogue, dt.date.today), vehicles.router(catalogue)):
        api.include_router(router)
    app.include_router(api)

    @app.middleware("http")
    async def every_request(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        request_id = request.headers.get("x-request-id") or str(uuid.uuid4())
        request.state.request_id = request_id
        if not request.url.path.startswith(BASE) or request.url.path == HEALTH:
            return await answer(request)
        served = control.arrived(f"{request.method} {request.url.path}", query=dict(request.query_params), request_id=request_id)
        response = await _fault(control, request) or _locked(request, api_key) or await answer(request)
        response.headers["X-Request-Id"] = request_id
        served.ended(str(response.status_code))
        return response

    return app


async def _fault(control: Control[ShopSettings], request: Request) -> Response | None:
    """Wait as told; the fault that is to be played, if any."""
    await asyncio.sleep(control.settings.latency_ms / 1000)
    if control.spend("hang_next"):
        await asyncio.sleep(HANG_S)
    if control.spend("fail_next"):
        told = control.settings
        return error_response(told.fail_status, "a fault that was asked for", request.state.request_id, told.retry_after_s)
    if control.spend("rubbish_next"):
        return Response("<html>gateway</html>", media_type="text/html")
    return None


def _locked(request: Request, api_key: str) -> Response | None:
    """401 for a missing or wrong key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(token.encode(), api_key.encode()) if api_key else bool(token)
    return None if scheme.lower() == "bearer" and right else error_response(401, "a valid API key is needed", request.state.request_id)


def _health() -> APIRouter:
    routes = APIRouter()

    @routes.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return routes
