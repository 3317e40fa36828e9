from __future__ import annotations

import httpx
import pytest
from prometheus_client import CollectorRegistry

from controller.api.http import make_app
from controller.api.readiness import Dependency, Readiness
from controller.api.server import serving
from controller.masking import Masking
from controller.sockets import PortTaken, bind
from controller.telemetry import MetricsSink


class Ari:
    why: str | None = None

    async def check(self) -> str | None:
        return self.why


async def test_alive_ready_and_metrics_over_a_real_socket() -> None:
    ari, registry = Ari(), CollectorRegistry()
    MetricsSink(registry, tools=())
    app = make_app(Readiness([Dependency("ari", ari.check, required=True, fresh_s=0)]), registry, Masking(["s3cr3t-value"]))
    async with serving(app, bind("127.0.0.1", 0, what="The API")) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/health")).json() == {"status": "alive"}
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()) == (
            200,
            {"status": "ready", "dependencies": {"ari": {"up": True, "required": True, "why": None}}},
        )
        ari.why = "refused the password s3cr3t-value"
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["dependencies"]["ari"] == {"up": False, "required": True, "why": "refused the password ***"}
        assert (await client.get("/health")).status_code == 200, "a dependency's fault is no reason to restart us"
        metrics = await client.get("/metrics")
        assert "callctl_active_calls" in metrics.text
        assert 'callctl_dependency_up{dependency="ari",required="true"} 0.0' in metrics.text
        ari.why = None
        assert 'callctl_dependency_up{dependency="ari",required="true"} 1.0' in (await client.get("/metrics")).text
        assert metrics.headers["content-type"].startswith("text/plain")
        assert (await client.get("/docs")).status_code == 404


async def test_after_the_end_nobody_listens_and_a_taken_port_is_told_in_words() -> None:
    app = make_app(Readiness(), CollectorRegistry(), Masking())
    async with serving(app, bind("127.0.0.1", 0, what="The API")) as port:
        with pytest.raises(PortTaken, match=f"The API cannot listen on 127.0.0.1:{port}"):
            bind("127.0.0.1", port, what="The API")
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/health")
