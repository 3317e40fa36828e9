"""The controller as a whole: opened storey by storey (``controller.wiring``), kept going, brought to an orderly end.

A stop has phases: refuse new callers, let the others finish, hand the rest to the operators, close the records, flush them; each has a
time limit and what remained is told.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from controller.api.server import PortTaken, bind
from controller.board.picture import Raised
from controller.journal.errors import JournalError
from controller.journal.journal import Journal
from controller.knowledge_upkeep import keep_knowledge
from controller.logs import LogQueue
from controller.services import CredentialsMissing
from controller.settings import Settings
from controller.wiring.stores import open_stores
from controller.wiring.telephony import Telephony, open_telephony
from controller.wiring.web import open_web

log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """In words for the person who starts us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """What ``run`` keeps going and brings to its end."""

    telephony: Telephony
    journal: Journal
    api_port: int


@asynccontextmanager
async def open_controller(settings: Settings, log_queue: LogQueue | None = None) -> AsyncIterator[Controller]:
    """All parts, joined, and the API answering; no caller comes before the socket runs. Raises CannotStart."""

    def on_trouble(raised: Raised) -> None:
        """Into the call's own log, where it is found again when the call is over."""
        if session := telephony.switchboard.session(raised.call):
            level = "err" if raised.level == "alarm" else "warn"
            arguments = ", ".join(f"{name} {value}" for name, value in raised.args.items())
            data = {"code": raised.code, "level": raised.level, "args": raised.args}
            session.record.log("ctl", "TroubleRaised", level=level, text=f"{raised.code}: {arguments}".rstrip(": "), data=data)

    async with AsyncExitStack() as exits:
        try:
            listener = exits.enter_context(bind(settings.api.host, settings.api.port, what="The API"))
            stores = await exits.enter_async_context(open_stores(settings, on_trouble))
            telephony = await exits.enter_async_context(open_telephony(settings, stores))
        except (JournalError, PortTaken, CredentialsMissing) as error:
            raise CannotStart(str(error)) from error
        api_port = await exits.enter_async_context(open_web(settings, stores, telephony, listener, log_queue))
        yield Controller(telephony=telephony, journal=stores.journal, api_port=api_port)


async def run(settings: Settings, log_queue: LogQueue | None = None) -> None:
    """Take calls until SIGTERM or SIGINT; a second signal ends the patience with running calls."""
    loop = asyncio.get_running_loop()
    stop, hurry = asyncio.Event(), asyncio.Event()

    def on_signal(name: str) -> None:
        log.info("signal", name=name, again=stop.is_set())
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number.name)
    async with open_controller(settings, log_queue) as controller:
        gc.collect()
        gc.freeze()  # what lives now lives until the end: no collection need walk it during calls
        async with asyncio.TaskGroup() as tasks:  # a task that breaks ends the process, loudly; callers stay with Asterisk
            background = [
                tasks.create_task(controller.telephony.socket.run(), name="ari-socket"),
                tasks.create_task(controller.telephony.recovery.run(), name="recovery"),
                tasks.create_task(keep_knowledge(settings), name="knowledge"),
                tasks.create_task(controller.telephony.desk.run(), name="desk"),
            ]
            if controller.telephony.front is not None:
                background.append(tasks.create_task(controller.telephony.front.run(), name="front"))
            log.info("controller_started", app=settings.ari.app, api_port=controller.api_port, environment=settings.place.environment)
            await stop.wait()
            await _drain(controller, settings.calls.drain_s, hurry)
            for task in background:
                task.cancel()
    status = controller.journal.status()
    log.info("controller_stopped", records_waiting=status.backlog, records_lost=status.refused)


async def _drain(controller: Controller, wait_s: float, hurry: asyncio.Event) -> None:
    """Calls finish within *wait_s*, or until somebody is in a hurry."""
    switchboard = controller.telephony.switchboard
    patient = asyncio.create_task(switchboard.drain(wait_s), name="drain")
    hurried = asyncio.create_task(hurry.wait(), name="hurry")
    await asyncio.wait([patient, hurried], return_when=asyncio.FIRST_COMPLETED)
    hurried.cancel()
    if not patient.done():
        patient.cancel()
        await asyncio.wait([patient])
        await switchboard.drain(0.0)
    elif error := patient.exception():
        raise error
