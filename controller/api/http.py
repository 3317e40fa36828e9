"""Our HTTP: is it alive, is it ready, what are its numbers; and the routes that its parts bring."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from controller.api.access import Access
from controller.api.openapi import API, describe, operation_id
from controller.api.problems import shape_problems
from controller.api.readiness import Readiness
from controller.api.wire import Wire
from controller.masking import Masking
from controller.telemetry import DependencyMetrics


def make_app(
    readiness: Readiness,
    registry: CollectorRegistry,
    masking: Masking,
    *,
    routers: Sequence[APIRouter] = (),
    access: Access | None = None,
) -> FastAPI:
    """*routers* name their whole paths; those that know who asks (``Viewer`` and so on) need *access*."""
    app = FastAPI(
        title="callctl",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API}/openapi.json" if access else None,
        generate_unique_id_function=operation_id,
    )
    app.state.access = access
    dependencies = DependencyMetrics(registry)
    app.add_middleware(Wire, access=access)
    shape_problems(app, [route for router in routers for route in router.routes])

    @app.get("/health", include_in_schema=False)
    async def health() -> JSONResponse:
        """The event loop runs. Says nothing about what we depend on: restarting us would not mend it."""
        return JSONResponse({"status": "alive"})

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> JSONResponse:
        """200 while we can take calls, also when degraded; else 503."""
        report = await readiness.report()
        body = {
            "status": report.status,
            "dependencies": {
                finding.name: {"up": finding.up, "required": finding.required, "why": finding.why and masking.text(finding.why)}
                for finding in report.findings
            },
        }
        return JSONResponse(body, status_code=503 if report.status == "not ready" else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """What is down is asked first; that is bounded, and shared with readiness."""
        dependencies.observe((await readiness.report()).findings)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    for router in routers:
        app.include_router(router)
    describe(app)
    return app
