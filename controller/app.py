"""The controller as a whole: prepared, then opened storey by storey (``controller.wiring``), kept going, brought to an orderly end.

    prepare ──► the lock: we are the one that serves ──► take over ──► serve ──┬─► drain, end      SIGTERM, SIGINT
    touches nothing of another one's                     milliseconds          └─► leave at once   SIGUSR1: a successor waits

A stop has phases: refuse new callers, let the others finish, hand the rest to the operators, close the records, flush them; each has a
time limit and what remained is told.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from controller.board.picture import Raised
from controller.journal.errors import JournalError
from controller.knowledge_upkeep import keep_knowledge
from controller.logs import LogQueue
from controller.services import CredentialsMissing
from controller.settings import Settings
from controller.sockets import PortTaken, bind
from controller.switchboard import Switchboard
from controller.watchdog.worker import Worker
from controller.wiring.prepared import Prepared, prepare
from controller.wiring.stores import Stores, open_stores
from controller.wiring.telephony import Telephony, open_telephony
from controller.wiring.web import open_web

LAST_LINES_S = 0.2
SETTLED_S = 3.0
CONNECTED_S = 0.3

log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """In words for the person who starts us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """What ``run`` keeps going and brings to its end."""

    stores: Stores
    stores_ms: int  # so long they took to open: the disk, mostly
    telephony: Telephony
    listener: socket.socket


@asynccontextmanager
async def take_over(settings: Settings, prepared: Prepared, worker: Worker) -> AsyncIterator[Controller]:
    """All that calls need, joined; no caller comes before the event socket runs. Raises CannotStart."""

    def on_trouble(raised: Raised) -> None:
        """Into the call's own log, where it is found again when the call is over."""
        if session := telephony.switchboard.session(raised.call):
            level = "err" if raised.level == "alarm" else "warn"
            arguments = ", ".join(f"{name} {value}" for name, value in raised.args.items())
            data = {"code": raised.code, "level": raised.level, "args": raised.args}
            session.record.log("ctl", "TroubleRaised", level=level, text=f"{raised.code}: {arguments}".rstrip(": "), data=data)

    began = time.monotonic()
    async with AsyncExitStack() as exits:
        try:
            listener = exits.enter_context(worker.api or bind(settings.api.host, settings.api.port, what="The API"))
            opening = open_stores(settings, prepared.counters, on_trouble)
            stores = await exits.enter_async_context(opening)
            stores_ms = round((time.monotonic() - began) * 1000)
            telephony = await exits.enter_async_context(
                open_telephony(settings, stores, prepared.vendors, prepared.rest, worker.audiosocket, worker.keeper)
            )
        except (JournalError, PortTaken) as error:
            raise CannotStart(str(error)) from error
        yield Controller(stores=stores, stores_ms=stores_ms, telephony=telephony, listener=listener)


async def run(settings: Settings, log_queue: LogQueue | None = None) -> None:
    """Take calls until SIGTERM or SIGINT; a second signal ends the patience with running calls. Raises CannotStart."""
    loop = asyncio.get_running_loop()
    stop, hurry, worker = asyncio.Event(), asyncio.Event(), Worker()

    def on_signal(name: str) -> None:
        log.info("signal", name=name, again=stop.is_set())
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number.name)
    loop.add_signal_handler(signal.SIGUSR1, log.info, "nothing_to_hand_over")
    try:
        async with worker.beating(), prepare(settings) as prepared:
            _freeze()
            if await _is_ours(worker, settings, stop):
                await _serve(settings, prepared, worker, log_queue, stop, hurry)
    except CredentialsMissing as error:
        raise CannotStart(str(error)) from error


async def _is_ours(worker: Worker, settings: Settings, stop: asyncio.Event) -> bool:
    """Wait until we are the one that serves; False: we were told to stop before."""
    taking = asyncio.create_task(worker.take_lock(settings.journal.directory), name="lock")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait([taking, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not taking.done():
        taking.cancel()
        return False
    try:
        await taking
    except OSError as error:
        raise CannotStart(f"the journal's directory {settings.journal.directory} cannot be used: {error.strerror}") from error
    return True


async def _serve(
    settings: Settings, prepared: Prepared, worker: Worker, log_queue: LogQueue | None, stop: asyncio.Event, hurry: asyncio.Event
) -> None:
    began = time.monotonic()
    async with take_over(settings, prepared, worker) as controller:
        stores, telephony = controller.stores, controller.telephony
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _leave, controller, log_queue)
        async with asyncio.TaskGroup() as tasks:  # a task that breaks ends the process, loudly; callers stay with Asterisk
            background: list[asyncio.Task[Any]] = [tasks.create_task(telephony.socket.run(), name="ari-socket")]
            with suppress(TimeoutError):  # callers may wait in Asterisk: everybody else comes after them
                await telephony.socket.wait_connected(CONNECTED_S)
            answering = open_web(
                settings, prepared.web, prepared.health, stores, telephony, controller.listener, log_queue, lambda: worker.told
            )
            async with answering as api_port:
                background += [
                    tasks.create_task(telephony.recovery.run(), name="recovery"),
                    tasks.create_task(_when_settled(settings), name="knowledge"),
                    tasks.create_task(telephony.desk.run(), name="desk"),
                ]
                if telephony.front is not None:
                    background.append(tasks.create_task(telephony.front.run(), name="front"))
                log.info(
                    "controller_started",
                    app=settings.ari.app,
                    api_port=api_port,
                    environment=settings.place.environment,
                    stores_ms=controller.stores_ms,
                    took_ms=round((time.monotonic() - began) * 1000),
                )
                worker.serving()
                await stop.wait()
                await _drain(telephony.switchboard, settings.calls.drain_s, hurry)
                worker.ending()
                for task in background:
                    task.cancel()
    status = stores.journal.status()
    log.info("controller_stopped", records_waiting=status.backlog, records_lost=status.refused)


async def _when_settled(settings: Settings) -> None:
    """The shop's articles can wait: their clients take the CPU for a tenth of a second, which callers who are just adopted would hear."""
    await asyncio.sleep(SETTLED_S)
    await keep_knowledge(settings)


def _freeze() -> None:
    """What lives now lives until the end: no collection need walk it during calls."""
    gc.collect()
    gc.freeze()
    gc.enable()  # off while the program was imported


def _leave(controller: Controller, log_queue: LogQueue | None) -> NoReturn:
    """To a successor that waits for our lock: what is written is on the disk, and no call is touched, nor any socket closed in order."""
    telephony = controller.telephony
    telephony.lines.leave()
    telephony.switchboard.keep_sheets()
    telephony.sheets.close()
    controller.stores.journal.close_disk()
    log.info("handed_over", calls=len(telephony.switchboard.sessions))
    if log_queue is not None:
        log_queue.wait_written(LAST_LINES_S)
    os._exit(0)


async def _drain(switchboard: Switchboard, wait_s: float, hurry: asyncio.Event) -> None:
    """Calls finish within *wait_s*, or until somebody is in a hurry."""
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
