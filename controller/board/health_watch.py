"""Looks at our neighbours every ten seconds, and whenever somebody asks, and puts on the board how they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from controller.api.readiness import Readiness
from controller.board.board import Board
from controller.board.health import NEIGHBOURS, Health
from controller.board.shapes import Shape
from controller.masking import Masking

EVERY_S = 10.0
LOOK_S = 8.0  # readiness bounds each question; this holds whatever happens
STOP_S = 3.0

log = structlog.get_logger(__name__)


class HealthWatch:
    """Made by ``open``. Satisfies ``api.ports.Dependencies``."""

    def __init__(self, health: Health, readiness: Readiness, board: Board, masking: Masking) -> None:
        self._health = health
        self._readiness = readiness
        self._board = board
        self._masking = masking

    @classmethod
    @asynccontextmanager
    async def open(
        cls, health: Health, readiness: Readiness, board: Board, masking: Masking, *, every_s: float = EVERY_S
    ) -> AsyncIterator[HealthWatch]:
        watch = cls(health, readiness, board, masking)
        task = asyncio.create_task(watch._run(every_s), name="health-watch")
        try:
            yield watch
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=STOP_S)

    def listed(self) -> list[Shape]:
        return self._board.items("health")

    async def check(self, dependency_id: str) -> Shape | None:
        """Ask it now; None: there is none of that name."""
        asked = next((neighbour for neighbour in NEIGHBOURS if neighbour.id == dependency_id), None)
        if asked is None:
            return None
        await self._look(frozenset(asked.findings))
        return next((shape for shape in self.listed() if shape["id"] == dependency_id), None)

    async def _run(self, every_s: float) -> None:
        while True:
            try:
                await self._look(frozenset())
            except Exception:  # the task's edge: a mistake here must not end the looking
                log.exception("health_watch_failed")
            await asyncio.sleep(every_s)

    async def _look(self, anew: frozenset[str]) -> None:
        async with asyncio.timeout(LOOK_S):
            report = await self._readiness.report(anew=anew)
        self._health.observe(report.findings)
        self._board.replace("health", [self._masking.value(shape) for shape in self._health.shapes()])
