"""Structured logs of the whole process on one stream: ours through structlog, the libraries' through ``logging``.

    structlog ─┐
               ├─► fields, call_id and request_id from the context ─► masking ─► JSON or console ─► queue ─► stdout
    logging ───┘

The stream is written by a thread behind a bounded queue: a reader of our output that stands still must never hold
up the audio. Lines that find the queue full are dropped and counted.
"""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from controller.journal.codec import map_texts
from controller.masking import Masking
from controller.printable import printable, printable_json
from controller.settings import LogSettings

WAITING_LINES = 10_000
LAST_LINES_S = 2.0
QUIET = (
    "aiohttp",
    "aioari",
    "aioswagger11",
    "asyncio",
    "google",
    "grpc",
    "httpx",
    "httpcore",
    "httpx2",
    "httpcore2",
    "anthropic",
    "websockets",
    "uvicorn",
)


class LogQueue(logging.handlers.QueueHandler):
    """Formats at once, in the caller's context, and hands the finished line to the writing thread."""

    def __init__(self, lines: queue.Queue[Any]) -> None:
        super().__init__(lines)
        self._lines = lines
        self.dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def wait_written(self, within_s: float) -> None:
        """For who ends without unwinding: a moment for the writing thread to take what is queued."""
        deadline = time.monotonic() + within_s
        while not self._lines.empty() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.001)  # the line that it took last


class LogWriter(logging.handlers.QueueListener):
    """The writing thread; at the end it gets a moment for what is queued, then it is left behind."""

    _sentinel = None  # what the base class ends at

    def __init__(self, lines: queue.Queue[Any], handler: logging.Handler) -> None:
        super().__init__(lines, handler)
        self._lines = lines

    def stop(self) -> None:
        thread = self._thread
        if thread is None:
            return
        try:
            self._lines.put(self._sentinel, timeout=LAST_LINES_S)
        except queue.Full:
            return
        thread.join(LAST_LINES_S)
        self._thread = None


@contextmanager
def logging_to(stream: TextIO | None, settings: LogSettings, masking: Masking) -> Iterator[LogQueue]:
    """Log the whole process to *stream* (stdout) until the block ends; what is queued then is still written."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    lines: queue.Queue[Any] = queue.Queue(WAITING_LINES)
    handler = LogQueue(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()], processors=_rendering(settings, masking)
        )
    )
    writer = logging.StreamHandler(stream or sys.stdout)
    listener = LogWriter(lines, writer)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    listener.start()
    try:
        yield handler
    finally:
        listener.stop()
        root.handlers[:], root.level = before


def _rendering(settings: LogSettings, masking: Masking) -> list[Processor]:
    def mask(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for name in list(event):
            event[name] = masking.value(event[name], name)
        return event

    tail: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if settings.format == "console":
        return [*tail, structlog.processors.format_exc_info, mask, _plain, structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    return [*tail, structlog.processors.format_exc_info, mask, structlog.processors.JSONRenderer(ensure_ascii=False), _escaped]


def _plain(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Who reads this form sits at a terminal, which must not obey what a stranger said."""
    return {name: map_texts(value, printable) for name, value in event.items()}


def _escaped(logger: Any, method: str, line: Any) -> str:
    """JSON leaves the control characters of eight bits as they are."""
    return printable_json(line)
