"""The composition root: here, and nowhere else, the parts are made and joined.

    EventSocket ──events──► Switchboard ──orders──► AriRest
                                │ one session per call
              AudioSocketServer ┤ lines
              Conversation      ┤ talk              Records ──► Journal, LiveState, MetricsSink
              Records           ┘

Everything is opened by one exit stack and closed in the opposite order. A stop has phases: refuse new callers, let
the others finish, hand the rest to the operators, close the records, flush them; each has a time limit and what
remained is told.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from prometheus_client import CollectorRegistry

from agent.conversation import Caller as AgentsCaller
from agent.conversation import Conversation, Services, warm_up_talks
from agent.cost import Meter
from agent.metering import metered
from agent.phone import normalise
from agent.prompt.rendered import phrase_pcm, warm_up
from agent.prompt.system import PROMPT_VERSION
from agent.settings import AgentSettings
from agent.tools.catalogue import CATALOGUE
from agent.turn import TurnConfig
from audiosocket.audio import SLIN8, SLIN16
from audiosocket.limits import Limits as LineLimits
from audiosocket.server import AudioSocketServer
from controller.api import routes as api_routes
from controller.api.access import Role, require
from controller.api.audit import Audit
from controller.api.database import Pool
from controller.api.http import make_app
from controller.api.log import make_log_router
from controller.api.server import PortTaken, bind, serving
from controller.ari.client import EventSocket
from controller.ari.front import Front
from controller.ari.messages import EVENT_TYPES, Event
from controller.ari.rest import AriRest
from controller.board.acquaintance import Acquaintance
from controller.board.board import Board
from controller.board.callbacks_watch import CallBacksWatch
from controller.board.health import Health
from controller.board.health_watch import HealthWatch
from controller.board.picture import Raised
from controller.board.sound import watch_sound
from controller.board.stream import make_board_router
from controller.call.events import Limits as CallLimits
from controller.call.screen import Screen
from controller.call_back_notes import CallBackNotes
from controller.callbacks import CallBacks
from controller.console.serving import make_console_router
from controller.control import Control
from controller.customers import Customers
from controller.desk import Desk, open_desk
from controller.dialplan import Dialplan
from controller.introductions import Introductions
from controller.journal.errors import JournalError
from controller.journal.journal import Journal
from controller.journal.records import Record
from controller.knowledge_upkeep import keep_knowledge
from controller.listening import Listening
from controller.livelog import LiveLog
from controller.livestate import LiveState
from controller.log_stream.history import History
from controller.logs import LogQueue
from controller.masking import Masking
from controller.observation import Observed, make_readiness, watch
from controller.reader import Reader
from controller.record import CallRecord, now_ms
from controller.recovery import Recovery
from controller.screening import Screenings, Workshop
from controller.secret_values import secrets_of
from controller.services import CredentialsMissing, open_services
from controller.session import Session
from controller.settings import Settings
from controller.surroundings import Caller, ConversationLike, Surroundings
from controller.switchboard import Purpose, Switchboard
from controller.telemetry import AgentMetrics, LiveReadings, MetricsSink
from controller.web_calls.joined import open_web_calls
from controller.web_calls.routes import make_web_calls_router

log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """In words for the person who starts us."""


class Records:
    """Each record to everybody who wants it, the journal first. No sink of them blocks or raises."""

    def __init__(self, *sinks: Callable[[Record], None]) -> None:
        self._sinks = sinks

    def also(self, sink: Callable[[Record], None]) -> None:
        """One more, from now on."""
        self._sinks += (sink,)

    def append(self, record: Record) -> None:
        for sink in self._sinks:
            sink(record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """What ``run`` keeps going and brings to its end."""

    switchboard: Switchboard
    control: Control
    recovery: Recovery
    desk: Desk
    front: Front | None  # for a worker among others
    journal: Journal
    socket: EventSocket
    api_port: int


@asynccontextmanager
async def open_controller(settings: Settings, log_queue: LogQueue | None = None) -> AsyncIterator[Controller]:
    """All parts, joined, and the API answering; no caller comes before the socket runs. Raises CannotStart."""
    registry, readings = CollectorRegistry(), LiveReadings()
    registry.register(readings)
    metrics, agent_metrics = MetricsSink(registry, tools=[tool.name for tool in CATALOGUE]), AgentMetrics(registry)
    health = Health(now_ms)
    async with AsyncExitStack() as exits:
        try:
            api = exits.enter_context(bind(settings.api.host, settings.api.port, what="The API"))
            journal = await exits.enter_async_context(Journal.open(settings.journal.directory, settings.database.url.get_secret_value()))
            lines = await exits.enter_async_context(_audiosocket(settings))
            services = await exits.enter_async_context(
                open_services(settings, ledger=journal.ledger, on_breaker=partial(_each, agent_metrics.shop_breaker, health.breaker))
            )
        except (JournalError, PortTaken, CredentialsMissing) as error:
            raise CannotStart(str(error)) from error
        live = await exits.enter_async_context(LiveState.open(settings.redis.url.get_secret_value()))
        ari = settings.ari
        password = ari.password.get_secret_value()
        rest = await exits.enter_async_context(AriRest(ari.url, ari.username, password, ari.app))
        opening = Board.open(
            settings.trouble.limits,
            tool_budget_ms=round(settings.shop.timeout_s * 1000),
            on_trouble=lambda raised: _log_trouble(switchboard, raised),
            readers_max=settings.board.readers_max,
        )
        board = await exits.enter_async_context(opening)
        board.observe(readings)
        database = await exits.enter_async_context(Pool.open(settings.database.url.get_secret_value()))
        acquaintance = await exits.enter_async_context(Acquaintance.open(board, database))
        callbacks = CallBacks(database, rest, outbound=settings.calls.outbound, changed=lambda: callbacks_watch.look())
        callbacks_watch = await exits.enter_async_context(CallBacksWatch.open(board, lambda: callbacks.listed(done=True)))
        masking = Masking(secrets_of(settings))
        log_reader = await exits.enter_async_context(Reader.open(settings.database.url.get_secret_value(), "callctl-log"))
        live_log = await exits.enter_async_context(
            LiveLog.open(ari.app, History(log_reader), settings.redis.url.get_secret_value(), masking=masking, progress=journal.progress)
        )
        watchers = (board.append, health.append, live_log.append, callbacks_watch.append, acquaintance.append)
        records = Records(journal.append, live.append, metrics.append, *watchers)

        customers = await exits.enter_async_context(Customers.open(settings.database.url.get_secret_value(), journal.append))
        around = Surroundings(
            asterisk=rest,
            lines=lines,
            advertised=settings.audiosocket.address(lines.port),
            journal=records,
            converse=_converse(settings, services, customers, records, agent_metrics, board),
            phrase=lambda key, audio: phrase_pcm(key, audio.rate_hz),
            prompt_version=PROMPT_VERSION,
            on_live=board.live,
        )
        calls = settings.calls
        limits = CallLimits(
            length_s=calls.max_length_s, queue_s=calls.transfer_timeout_s, queues=calls.queues, warm_transfer=calls.warm_transfer
        )
        _warm_up()
        listening = await exits.enter_async_context(Listening(rest, listeners_max=calls.listeners_max, on_change=board.listeners))
        workshop = Workshop(
            asterisk=rest,
            lines=lines,
            advertised=around.advertised,
            voice=services.voice,
            phrase=around.phrase,
            call_of=lambda call_id: session.call if (session := switchboard.session(call_id)) else None,
            on_verdict=lambda call_id, operator, screen: _log_verdict(switchboard.session(call_id), operator, screen),
        )
        screenings = await exits.enter_async_context(Screenings(workshop))
        purposes: dict[str, Purpose] = {"supervisor": listening, "summary": screenings}
        switchboard = await exits.enter_async_context(
            Switchboard(around, app=ari.app, calls_max=calls.max, limits=limits, purposes=purposes)
        )
        control = Control(switchboard, listening)
        recovery = Recovery(rest, switchboard, records, app=ari.app, predecessors=journal.open_calls())
        dialplan = Dialplan(rest)
        web = await exits.enter_async_context(open_web_calls(settings, rest, switchboard))

        async def on_connected() -> None:
            await rest.set_event_filter(EVENT_TYPES)
            await dialplan.look()
            await recovery.reconcile()
            if web:
                await web[0].reconcile()

        desk = await exits.enter_async_context(open_desk(settings, rest, switchboard, board.replace))
        records.also(desk.operators.append)
        front = _front(settings, rest, switchboard)

        def on_event(message: Event) -> None:
            switchboard.handle(message)
            if web:
                web[0].handle(message)

        socket = EventSocket(ari.url, ari.username, password, ari.app, on_event=on_event, on_connected=on_connected)
        observed = Observed(
            settings=settings,
            socket=socket,
            rest=rest,
            dialplan=dialplan,
            journal=journal,
            live=live,
            lines=lines,
            switchboard=switchboard,
            logs=log_queue,
        )
        watch(readings, observed)
        readiness = make_readiness(observed)
        access = api_routes.make_access(settings.api, database, Audit(journal.append))
        health_watch = await exits.enter_async_context(HealthWatch.open(health, readiness, board, masking))
        await exits.enter_async_context(watch_sound(board, lambda: [(one.call.call_id, one.media) for one in switchboard.sessions]))
        parts = api_routes.Parts(
            database=database,
            live=board,
            control=control,
            callbacks=callbacks,
            lists=board,
            dependencies=health_watch,
        )
        routers = [
            *api_routes.make_routers(parts, access),
            make_board_router(board, require(Role.VIEWER)),
            make_log_router(live_log),
            make_web_calls_router(web, per_minute=settings.web_calls.per_minute),
            make_console_router(),
        ]
        app = make_app(readiness, registry, masking, routers=routers, access=access)
        api_port = await exits.enter_async_context(serving(app, api, proxy=settings.api.proxy))
        exits.callback(board.close)  # first of all: whoever watches would hold up the server
        exits.callback(live_log.close)
        yield Controller(
            switchboard=switchboard,
            control=control,
            recovery=recovery,
            desk=desk,
            front=front,
            journal=journal,
            socket=socket,
            api_port=api_port,
        )


def _front(settings: Settings, rest: AriRest, switchboard: Switchboard) -> Front | None:
    """For a worker among others; a lone one has the name for itself."""
    ari = settings.ari
    if ari.app == ari.front_app:
        return None

    def socket(on_event: Callable[[Event], None], on_connected: Callable[[], Awaitable[None]]) -> EventSocket:
        password = ari.password.get_secret_value()
        return EventSocket(ari.url, ari.username, password, ari.front_app, on_event=on_event, on_connected=on_connected)

    return Front(rest, socket, name=ari.front_app, app=ari.app, handle=switchboard.handle)


def _log_verdict(session: Session | None, operator: str, screen: Screen) -> None:
    """What an operator said to a caller of ours stands in the call's log."""
    if session is not None:
        data = {"operator": operator, "why": screen.why, "tellings": screen.tellings}
        session.record.log("ctl", "OperatorScreened", text=f"{operator}: {screen.state}", data=data)


def _converse(
    settings: Settings, services: Services, customers: Customers, records: Records, metrics: AgentMetrics, board: Board
) -> Callable[[Caller, CallRecord], Awaitable[ConversationLike]]:
    """What gives each call its conversation: metered, and with a caller we may know."""
    turn = TurnConfig(silence_ms=round(settings.calls.silence_s * 1000))
    agent_settings = AgentSettings(turn=turn, context_tokens=settings.anthropic.context_tokens)
    prices = settings.prices.prices

    async def converse(caller: Caller, record: CallRecord) -> ConversationLike:
        number, meter = normalise(caller.number), Meter()
        record.billed(partial(meter.cost_usd, prices))
        name = await customers.name_of(number)
        board.met(caller.call_id, name or "")
        known = AgentsCaller(number, name, caller.call_id)
        transcript = Introductions(record, number, customers.remember)
        return Conversation(
            metered(services, meter),
            transcript,
            known,
            agent_settings,
            call_backs=CallBackNotes(records, caller.call_id),
            desk_open=caller.desk_open,
            on_objection=metrics.objected,
        )

    return converse


def _log_trouble(switchboard: Switchboard, raised: Raised) -> None:
    """Into the call's own log, where it is found again when the call is over."""
    if session := switchboard.session(raised.call):
        level = "err" if raised.level == "alarm" else "warn"
        arguments = ", ".join(f"{name} {value}" for name, value in raised.args.items())
        data = {"code": raised.code, "level": raised.level, "args": raised.args}
        session.record.log("ctl", "TroubleRaised", level=level, text=f"{raised.code}: {arguments}".rstrip(": "), data=data)


def _each(first: Callable[[str], None], second: Callable[[str], None], state: str) -> None:
    first(state)
    second(state)


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
                tasks.create_task(controller.socket.run(), name="ari-socket"),
                tasks.create_task(controller.recovery.run(), name="recovery"),
                tasks.create_task(keep_knowledge(settings), name="knowledge"),
                tasks.create_task(controller.desk.run(), name="desk"),
            ]
            if controller.front is not None:
                background.append(tasks.create_task(controller.front.run(), name="front"))
            log.info("controller_started", app=settings.ari.app, api_port=controller.api_port)
            await stop.wait()
            await _drain(controller, settings.calls.drain_s, hurry)
            for task in background:
                task.cancel()
    status = controller.journal.status()
    log.info("controller_stopped", records_waiting=status.backlog, records_lost=status.refused)


async def _drain(controller: Controller, wait_s: float, hurry: asyncio.Event) -> None:
    """Calls finish within *wait_s*, or until somebody is in a hurry."""
    switchboard = controller.switchboard
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


@asynccontextmanager
async def _audiosocket(settings: Settings) -> AsyncIterator[AudioSocketServer]:
    where = settings.audiosocket
    try:
        server = await AudioSocketServer(where.host, where.port, limits=LineLimits(connections=where.max_connections)).__aenter__()
    except OSError as error:
        raise PortTaken(f"AudioSocket cannot listen on {where.host}:{where.port}: {error.strerror}") from error
    try:
        yield server
    finally:
        await server.__aexit__(None, None, None)


def _warm_up() -> None:
    """Read what calls will need, so that none of them waits for the disk."""
    warm_up_talks()
    missing = warm_up(SLIN16.rate_hz, SLIN8.rate_hz)
    if missing:
        log.error("phrases_missing", phrases=missing)
