"""Our HTTP: is it alive, is it ready, what are its numbers."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from controller.api.readiness import Readiness
from controller.masking import Masking


def make_app(readiness: Readiness, registry: CollectorRegistry, masking: Masking, routers: Iterable[APIRouter] = ()) -> FastAPI:
    app = FastAPI(title="callctl", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    async def health() -> JSONResponse:
        """The event loop runs. Says nothing about what we depend on: restarting us would not mend it."""
        return JSONResponse({"status": "alive"})

    @app.get("/health/ready")
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

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    for router in routers:
        app.include_router(router)
    return app
