"""What the running parts tell of themselves: their dependencies for readiness, their numbers for the metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from audiosocket.server import AudioSocketServer
from controller import reachable
from controller.api.database import Pool
from controller.api.readiness import Dependency, Readiness, Why
from controller.ari.client import EventSocket
from controller.ari.probe import Probe
from controller.dialplan import Dialplan
from controller.journal.journal import Journal
from controller.livelog import LiveLog
from controller.livestate import LiveState
from controller.logs import LogQueue
from controller.operators_watch import OperatorsWatch
from controller.settings import Settings
from controller.switchboard import Switchboard
from controller.telemetry import LiveReadings
from controller.watchdog.beat import Told

FRESH_S = 2.5
"""With the two seconds that an answer may take, what is told is never five seconds old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    settings: Settings
    socket: EventSocket
    probe: Probe
    dialplan: Dialplan
    journal: Journal
    live: LiveState
    live_log: LiveLog
    lines: AudioSocketServer
    switchboard: Switchboard
    database: Pool
    operators: OperatorsWatch
    logs: LogQueue | None = None
    told: Callable[[], Told] = Told  # by the parent


def make_readiness(parts: Observed) -> Readiness:
    """Required is what a new call cannot do without; for the rest there is a way around, so it only degrades."""

    async def event_socket() -> Why:
        return None if parts.socket.connected else parts.socket.why

    async def rest() -> Why:
        return parts.probe.why

    async def dialplan() -> Why:
        if parts.dialplan.why and parts.socket.connected:  # somebody may have mended it
            await parts.dialplan.look()
        return parts.dialplan.why

    async def admission() -> Why:
        if parts.switchboard.draining:
            return f"draining: {parts.switchboard.busy} calls are being finished"
        return f"drained: {parts.switchboard.busy} calls go on; callctl undrain" if parts.switchboard.drained else None

    async def spool() -> Why:
        return parts.journal.status().disk_failing

    async def postgresql() -> Why:
        status = parts.journal.status()
        return (
            status.database_failing or await reachable.postgresql(parts.settings.database.url.get_secret_value()) or status.upkeep_failing
        )

    async def redis() -> Why:
        return await reachable.redis_server(parts.settings.redis.url.get_secret_value())

    vendors = reachable.vendor_addresses(parts.settings).items()
    return Readiness(
        [
            Dependency("ari", event_socket, required=True, fresh_s=0),
            Dependency("ari_rest", rest, required=True, fresh_s=0, took_ms=lambda: parts.probe.took_ms),
            Dependency("dialplan", dialplan, required=True, fresh_s=FRESH_S),
            Dependency("admission", admission, required=True, fresh_s=0),
            Dependency("journal", spool, required=True, fresh_s=0),
            Dependency("postgresql", postgresql, fresh_s=FRESH_S),
            Dependency("redis", redis, fresh_s=FRESH_S),
            *(Dependency(name, _listening(host, port), fresh_s=FRESH_S) for name, (host, port) in vendors),
        ]
    )


def _listening(host: str, port: int) -> Callable[[], Awaitable[Why]]:
    async def check() -> Why:
        return await reachable.listening(host, port)

    return check


def _present(operators: OperatorsWatch) -> int:
    return sum(operator["state"] != "off" for operator in operators.operators())


def watch(readings: LiveReadings, parts: Observed) -> None:
    socket, journal, live, live_log, lines, logs = parts.socket, parts.journal, parts.live, parts.live_log, parts.lines, parts.logs
    readings.gauge("callctl_ari_connected", "1 while Asterisk's events reach us.", lambda: socket.connected)
    readings.gauge("callctl_ari_stuck", "1 while Asterisk takes connections and does not answer.", lambda: parts.probe.stuck)
    readings.counter("callctl_ari_connects", "Openings of the event socket.", lambda: socket.connects)
    readings.counter("callctl_ari_replaced", "Times another process took our application's name.", lambda: socket.replaced)
    readings.counter("callctl_ari_deaf", "Times Asterisk held our connection and sent no events.", lambda: socket.deaf)
    readings.counter("callctl_ari_malformed_messages", "Events that we could not read.", lambda: socket.decoder.malformed)
    readings.gauge("callctl_draining", "1 while new callers are refused.", lambda: parts.switchboard.draining)
    readings.gauge("callctl_drained", "1 while somebody wants no new calls here: callctl drain.", lambda: parts.switchboard.drained)
    readings.gauge("callctl_drain_seconds", "So long calls may go on meanwhile: CALLS_DRAIN_S.", lambda: parts.settings.calls.drain_s)
    readings.gauge("callctl_calls_busy", "Calls that are with us, not with operators.", lambda: parts.switchboard.busy)
    readings.gauge("callctl_calls_max", "So many may be with us at once: CALLS_MAX.", lambda: parts.settings.calls.max)
    readings.gauge("callctl_desk_open", "1 while operators are at work by the hours that are set.", lambda: parts.switchboard.desk_open)
    readings.gauge("callctl_operators_present", "Operators who are not gone: free, talking or paused.", lambda: _present(parts.operators))
    readings.gauge("callctl_callers_waiting", "Our callers who wait for an operator.", lambda: len(parts.operators.queue()))
    readings.gauge("callctl_journal_backlog_records", "Records not yet in PostgreSQL.", lambda: journal.status().backlog)
    readings.gauge("callctl_journal_oldest_seconds", "Age of the oldest of them.", lambda: journal.status().oldest_age_s)
    readings.gauge("callctl_journal_disk_failing", "1 while the spool cannot be written.", lambda: bool(journal.status().disk_failing))
    readings.gauge("callctl_journal_database_failing", "1 while PostgreSQL takes nothing.", lambda: bool(journal.status().database_failing))
    readings.gauge("callctl_journal_dead_letters", "Records that PostgreSQL refuses.", lambda: journal.status().dead_letters)
    readings.gauge(
        "callctl_journal_damaged_records", "Records lost on the disk, found since the start.", lambda: journal.status().damaged_records
    )
    readings.counter("callctl_journal_lost_records", "Records that could not be kept.", lambda: journal.status().refused)
    readings.gauge("callctl_partitions_failing", "1 while partitions cannot be made.", lambda: bool(journal.status().upkeep_failing))
    readings.gauge(
        "callctl_partitions_ready_months", "Months after this one whose partitions are made; NaN: not known yet.", journal.months_ready
    )
    readings.gauge("callctl_database_questions", "Of the API, under way and waiting.", lambda: parts.database.asking)
    readings.counter("callctl_database_refused_questions", "Of it, because too many waited.", lambda: parts.database.refused)
    readings.gauge("callctl_live_state_failing", "1 while Redis is not written.", lambda: bool(live.status().failing))
    readings.gauge("callctl_log_readers", "Readers of the live log.", lambda: live_log.status().readers)
    readings.counter("callctl_log_readers_cut_off", "Readers of it who did not keep up.", lambda: live_log.status().cut_off)
    readings.gauge("callctl_log_fanout_failing", "1 while other workers' lines do not reach us.", lambda: bool(live_log.status().failing))
    readings.gauge("callctl_audio_lines", "Media legs open now.", lambda: len(lines.lines))
    readings.histogram(
        "callctl_audio_beat_late_seconds",
        "How late the clock of all lines was served; what is 20 ms late is lost.",
        lambda: (lines.lateness.within(), lines.lateness.sum_s),
    )
    readings.gauge(
        "callctl_audio_skipped_live_frames", "Frames skipped on them.", lambda: sum(line.stats.frames_skipped for line in lines.lines)
    )
    readings.counter("callctl_audio_refused_connections", "Connections to AudioSocket refused.", lambda: lines.refusals.total())
    readings.counter("callctl_worker_restarts", "Deaths of a process that had the calls.", lambda: parts.told().restarts)
    readings.gauge("callctl_standby_warm", "1 while a warm standby waits to take over.", lambda: parts.told().standby_warm)
    readings.counter("callctl_log_dropped_lines", "Log lines that nobody took in time.", lambda: logs.dropped if logs else 0)
