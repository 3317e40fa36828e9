"""The application: what happens to every request, and the list of routers.

request ─► request id ─► log ─► latency, limit, fault ─► key ─► router ─► fault after a write ─► X-Request-Id on the answer
"""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.security import HTTPBearer

from ops.standins.control import Control, control_router
from ops.standins.shop_api import fitting, knowledge, orders, spec, steering, tyres, vehicles
from ops.standins.shop_api.catalogue import Catalogue
from ops.standins.shop_api.clock import shop_now
from ops.standins.shop_api.errors import error_response, shape_errors
from ops.standins.shop_api.faults import Faults, ShopSettings
from ops.standins.shop_api.kept import Keeper
from ops.standins.shop_api.state import Shop

__all__ = ["BASE", "ShopSettings", "create_app"]

BASE = "/api/v1"
HEALTH = f"{BASE}/health"
REQUEST_ID = re.compile(r"[!-~]{1,128}")


def create_app(catalogue: Catalogue, api_key: str, control: Control[ShopSettings], keeper: Keeper | None = None) -> FastAPI:
    """*api_key* empty: any non-empty bearer token will do. What changes in the shop lives as long as the application, or its *keeper*."""
    app = FastAPI(title="Shop API (stand-in)", version="1", docs_url=None, redoc_url=None, generate_unique_id_function=spec.operation_id)
    shop = Shop(catalogue, lambda: control.settings.now or shop_now())
    control.when_reset(shop.reset)
    faults = Faults(control)
    shape_errors(app)
    app.include_router(steering.router(shop), include_in_schema=False)
    app.include_router(control_router(control), include_in_schema=False)
    app.include_router(_health(), prefix=BASE)
    # The key is checked before anything else; this only tells the OpenAPI page of it.
    locked = APIRouter(prefix=BASE, dependencies=[Depends(HTTPBearer(auto_error=False))])
    for topic in (tyres, vehicles, orders, fitting, knowledge):
        locked.include_router(topic.router(shop))
    app.include_router(locked)
    spec.complete(app)

    @app.middleware("http")
    async def every_request(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        request.state.request_id = _request_id(request)
        body = await request.body() if keeper is not None else b""
        if not request.url.path.startswith(BASE) or request.url.path == HEALTH:
            response = await answer(request)
            if keeper is not None:
                keeper.keep(request.method, request.url.path, request.url.query, request.headers, body, response.status_code)
        else:
            served = control.arrived(
                f"{request.method} {request.url.path}", query=dict(request.query_params), request_id=request.state.request_id
            )
            response = await faults.before(request) or _locked(request, api_key) or _doubled(request) or await answer(request)
            done = response.status_code
            if keeper is not None:
                keeper.keep(request.method, request.url.path, request.url.query, request.headers, body, done)
            response = await faults.after(request, response)
            served.ended(str(response.status_code), done=done)
        response.headers["X-Request-Id"] = request.state.request_id
        return response

    return app


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _locked(request: Request, api_key: str) -> Response | None:
    """401 for a missing or wrong key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(token.encode(), api_key.encode()) if api_key else bool(token)
    return None if scheme.lower() == "bearer" and right else error_response(401, "a valid API key is needed", request.state.request_id)


def _doubled(request: Request) -> Response | None:
    """422 for a query that names a parameter twice: no parameter here is a list."""
    names = [name for name, _ in request.query_params.multi_items()]
    return error_response(422, "a parameter is given twice", request.state.request_id) if len(names) > len(set(names)) else None


def _health() -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return routes
