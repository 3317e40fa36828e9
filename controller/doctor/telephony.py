"""Asterisk: user, version, modules, dialplan, and a media leg that is really made and listened to.

    our tone ──► leg 1 ──► bridge ──► leg 2 ──► is it 16 kHz (kind 0x12)?

An Asterisk too old for slin16 legs takes the request and sends 8 kHz: only listening tells.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from audiosocket.audio import FRAME_MS, SLIN16
from audiosocket.errors import AudioSocketError
from audiosocket.line import Line
from audiosocket.server import AudioSocketServer
from controller.ari.client import EventSocket
from controller.ari.errors import AriError, AriRefused, AriUnavailable
from controller.ari.messages import Event, StasisStart
from controller.ari.rest import AriRest
from controller.doctor.finding import Finding, fail, ok, warn
from controller.doctor.neighbours import controller_runs
from controller.settings import Settings

TESTED_MAJOR = 22
CONNECT_S = 5.0
LEG_S = 5.0
AUDIO_S = 3.0
MODULES = (
    "app_queue.so", "app_stasis.so", "bridge_simple.so", "chan_audiosocket.so", "codec_resample.so", "res_ari_applications.so",
    "res_ari_asterisk.so", "res_ari_bridges.so", "res_ari_channels.so", "res_ari_events.so", "res_audiosocket.so",
    "res_http_websocket.so", "res_stasis.so", "res_stasis_answer.so",
)  # fmt: skip
PLACES = (
    ("incoming", "100", "calls cannot reach us"),
    ("incoming", "+380440000000", "calls to numbers with + cannot reach us"),
    ("transfer-to-operator", "s", "a transfer would hang the caller up"),
    ("back", "s", "a caller whom no operator takes could not come back"),
    ("screen", "s", "operators cannot be told who calls"),
    ("screen-alone", "s", "an operator whom the controller cannot tell would be hung up"),
    ("summary-accepted", "s", "an operator who takes a call would be hung up"),
)


async def asterisk(settings: Settings) -> list[Finding]:
    ari = settings.ari
    async with AriRest(ari.url, ari.username, ari.password.get_secret_value(), f"callctl-doctor-{uuid.uuid4().hex[:8]}") as rest:
        try:
            version = (await rest.asterisk_info()).system.version
        except AriRefused as error:
            advice = "Make ARI_USERNAME and ARI_PASSWORD those of a user in Asterisk's ari.conf."
            return [fail(f"Asterisk at {ari.url} refuses the user {ari.username}: {error.status} {error.message}.", advice)]
        except AriUnavailable as error:
            advice = "Start Asterisk with http.conf enabled and res_ari loaded, or set ARI_URL."
            return [fail(f"Asterisk does not answer at {ari.url}: {error.message}.", advice)]
        except AriError as error:
            advice = "Something else may listen there, or Asterisk hangs: try `core show channels` on its console; then set ARI_URL."
            return [fail(f"What is at {ari.url} does not answer as Asterisk does: {error.message}.", advice)]
        findings = [ok(f"Asterisk {version} answers at {ari.url} to the user {ari.username}.")]
        if not version.startswith(f"{TESTED_MAJOR}."):
            findings.append(warn(f"Asterisk {version} is not what callctl is tested on.", f"Use {TESTED_MAJOR}."))
        findings.append(await _modules(rest))
        findings.append(await _application(rest, settings))
        return findings + await _legs(rest, settings)


async def _modules(rest: AriRest) -> Finding:
    running = {module.name for module in await rest.modules() if module.status == "Running"}
    if missing := [name for name in MODULES if name not in running]:
        return fail(f"Asterisk runs without {', '.join(missing)}.", "Load them in modules.conf.")
    return ok(f"All {len(MODULES)} modules that calls need are running.")


async def _application(rest: AriRest, settings: Settings) -> Finding:
    name = settings.ari.app
    if name not in {application.name for application in await rest.applications()}:
        return ok(f"The application {name} is free.")
    if await controller_runs(settings):
        return ok(f"The application {name} is registered, by the controller that runs with these settings.")
    return warn(
        f"The application {name} is registered already.",
        "Another controller has it, or had it; two of the same name take it from each other. Set ARI_APP.",
    )


@dataclass
class _Bench:
    """What the trial of the media legs stands on."""

    rest: AriRest
    server: AudioSocketServer
    advertised: str
    started: dict[str, asyncio.Event] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        if isinstance(event, StasisStart):
            self.started.setdefault(event.channel.id, asyncio.Event()).set()

    @asynccontextmanager
    async def leg(self) -> AsyncIterator[tuple[str, Line]]:
        """A media leg in our application: its channel's id and our end of it. Raises AriError, AudioSocketError, TimeoutError."""
        leg_id = uuid.uuid4()
        channel_id = f"m-{leg_id}"
        pending = self.server.expect(leg_id)
        try:
            await self.rest.external_media(channel_id, str(leg_id), self.advertised)
            line = await pending.line(LEG_S)
            async with asyncio.timeout(LEG_S):
                await self.started.setdefault(channel_id, asyncio.Event()).wait()
            yield channel_id, line
        finally:
            pending.cancel()
            with suppress(AriError):
                await self.rest.hang_up(channel_id)


async def _legs(rest: AriRest, settings: Settings) -> list[Finding]:
    ari = settings.ari
    async with AsyncExitStack() as exits:
        server, advertised = await exits.enter_async_context(_borrowed_port(settings))
        bench = _Bench(rest, server, advertised)
        socket = EventSocket(ari.url, ari.username, ari.password.get_secret_value(), rest.app, on_event=bench.take, on_connected=rest.ping)
        task = asyncio.create_task(socket.run(), name="doctor-events")
        exits.push_async_callback(asyncio.wait, [task], timeout=CONNECT_S)
        exits.callback(task.cancel)
        try:
            await socket.wait_connected(CONNECT_S)
        except TimeoutError:
            return [fail(f"Asterisk's events cannot be received: {socket.why}.", "Load res_http_websocket and res_ari_events.")]
        findings = [ok("Asterisk's events reach us.")]
        try:
            async with bench.leg() as (first, speaking), bench.leg() as (second, listening):
                findings.append(await _sound(rest, first, speaking, second, listening))
                return findings + await _dialplan(rest, first) + await _desk(rest, first, settings)
        except AriRefused as error:
            return [
                *findings,
                fail(f"Asterisk refuses a media leg: {error}.", "The ARI user must not be read_only; chan_audiosocket must be loaded."),
            ]
        except (AriError, AudioSocketError, TimeoutError) as error:
            advice = "Asterisk must reach that address: see AUDIOSOCKET_HOST, AUDIOSOCKET_ADVERTISED and firewalls."
            return [*findings, fail(f"Asterisk cannot open a media leg to {advertised}: {error or 'it does not start'}.", advice)]


@asynccontextmanager
async def _borrowed_port(settings: Settings) -> AsyncIterator[tuple[AudioSocketServer, str]]:
    """The configured port, so that what Asterisk really dials is tried; any other when a controller holds it."""
    where = settings.audiosocket
    async with AsyncExitStack() as exits:
        try:
            server = await exits.enter_async_context(AudioSocketServer(where.host, where.port))
            yield server, where.address(server.port)
        except OSError:
            server = await exits.enter_async_context(AudioSocketServer(where.host, 0))
            yield server, f"{where.address(server.port).rpartition(':')[0]}:{server.port}"


async def _sound(rest: AriRest, first: str, speaking: Line, second: str, listening: Line) -> Finding:
    """From one leg into the other."""
    heard = asyncio.Event()
    bridge_id = f"doctor-{uuid.uuid4()}"
    listening.listen(lambda frame: heard.set())
    await rest.create_bridge(bridge_id)
    try:
        await rest.add_to_bridge(bridge_id, first, second)
        playback = speaking.play()
        playback.feed(b"\x00\x10\x00\xf0" * (SLIN16.frame_bytes // 4) * round(AUDIO_S * 1000 / FRAME_MS))
        playback.finish()
        async with asyncio.timeout(AUDIO_S):
            await heard.wait()
    except TimeoutError:
        return fail("No sound came from one media leg into the other.", "Load bridge_simple; look into Asterisk's log.")
    finally:
        speaking.hush()
        with suppress(AriError):
            await rest.destroy_bridge(bridge_id)
    if listening.format != SLIN16:
        return fail(f"A slin16 leg carries {listening.format.rate_hz} Hz, not kind 0x12 with 16 kHz.", "Asterisk is too old: use 22.")
    return ok("A media leg opens and carries 16 kHz (kind 0x12).")


async def _dialplan(rest: AriRest, channel: str) -> list[Finding]:
    missing = [
        (f"{extension}@{context}", consequence)
        for context, extension, consequence in PLACES
        if await rest.get_variable(channel, f"DIALPLAN_EXISTS({context},{extension},1)") != "1"
    ]
    findings = [
        fail(f"The dialplan has no {place}: {consequence}.", "Take it from asterisk/extensions.conf.") for place, consequence in missing
    ]
    if not missing:
        findings.append(
            ok("The dialplan has the contexts incoming, transfer-to-operator, back, screen, screen-alone and summary-accepted.")
        )
    return findings


async def _desk(rest: AriRest, channel: str, settings: Settings) -> list[Finding]:
    """Where callers are sent, and the way out to those who are rung back."""
    findings = [await _queue(rest, channel, queue) for queue in settings.calls.queues]
    if settings.calls.outbound and await rest.get_variable(channel, "DIALPLAN_EXISTS(callback,s,1)") != "1":
        advice = "Take it from asterisk/extensions.conf, or leave CALLS_OUTBOUND empty."
        findings.append(fail("The dialplan has no s@callback: customers cannot be rung back.", advice))
    return findings


async def _queue(rest: AriRest, channel: str, queue: str) -> Finding:
    if await rest.get_variable(channel, f"QUEUE_EXISTS({queue})") != "1":
        return fail(
            f"There is no queue {queue}: who is sent there goes to the operators.", "Take it from asterisk/queues.conf; see CALLS_QUEUES."
        )
    members = await rest.get_variable(channel, f"QUEUE_MEMBER({queue},logged)")
    if members in ("", "0"):
        return warn(f"Nobody is logged in to the queue {queue}: transferred callers come back.", "Log an operator in.")
    return ok(f"The queue {queue} has {members} operators logged in.")
