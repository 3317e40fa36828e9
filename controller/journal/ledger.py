"""The ledger on the local disk: ``agent.ledger.Ledger``, in a folder of the journal's directory.

    record() ─┬─► memory, at once ─► find(), entries()
    note() ───┘─► a thread: one write and one fdatasync for all that came meanwhile ─► record() returns

It is for the question "was it done?", asked before anything is written to the shop; PostgreSQL gets the same entries through
the journal, for those who ask later.

What is too old goes: what this process kept, after two days by a clock that nobody sets, as a clock that jumps ahead must not make us
forget what was just written to the shop; what a predecessor kept, when ``tidy`` is told the time by somebody who knows it. A start whose
predecessors left many segments, or little of worth in them, puts what lives into one; uses of tools count within their call alone, and
those of long ago are left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from agent.ledger import Entry, LedgerFailed
from controller.journal.clocks import Clock, anchored
from controller.journal.codec import map_texts
from controller.journal.files import SegmentFile, SegmentMaker, segment_numbers, segment_path
from controller.journal.frames import MAX_PAYLOAD_BYTES, Frame, frame, scan
from controller.journal.ledger_disk import LedgerDisk, Line
from controller.journal.ledger_index import Kept, LedgerIndex

FOLDER = "ledger"
TAIL_MS = 60_000

log = structlog.get_logger(__name__)

_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_decoder: msgspec.msgpack.Decoder[Entry] = msgspec.msgpack.Decoder(Entry)


@dataclass(frozen=True, slots=True)
class LedgerLimits:
    keep_ms: int = 48 * 3_600_000
    keep_uses_ms: int = 2 * 3_600_000  # over a start: longer than any call
    segment_bytes: int = 1 << 20  # about 3,000 entries; a segment is deleted as a whole
    segment_age_s: float = 6 * 3600.0
    segments: int = 8  # with more of them a start makes one of them
    patience_s: float = 3.0  # for the disk; a caller is waiting


class LocalLedger:
    """Opened by the journal, under its lock. All methods belong to the event loop's thread."""

    def __init__(
        self,
        directory: Path,
        *,
        limits: LedgerLimits | None = None,
        make_segment: SegmentMaker = SegmentFile,
        clock: Clock | None = None,
        on_kept: Callable[[int, Entry], None] = lambda _sequence, _entry: None,
    ) -> None:
        """Take over what a predecessor left below *directory*; raises ``OSError``.

        *on_kept* is called with each entry, and its sequence number, as soon as it is durable or noted. *clock* gives Unix time and is
        never set (``clocks.anchored``).
        """
        self._directory = directory / FOLDER
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._limits = limits or LedgerLimits()
        self._clock = clock or anchored()
        self._on_kept = on_kept
        self._index = LedgerIndex()
        self._sequence = 0
        self.tail: list[Kept] = []
        """What a predecessor kept within its last minute: whoever copies entries elsewhere may have missed it when it died."""
        left = self._recover(make_segment)
        self._restored = self._sequence  # number of the last entry that is none of ours
        self._disk = LedgerDisk(
            self._directory,
            max(segment_numbers(self._directory), default=0),
            left,
            make_segment=make_segment,
            segment_bytes=self._limits.segment_bytes,
            segment_age_s=self._limits.segment_age_s,
            keep_ms=self._limits.keep_ms,
        )

    @property
    def failing(self) -> str | None:
        """Why the disk does not take entries, in the system's words."""
        return self._disk.failing

    def find(self, key: str) -> Entry | None:
        return self._index.find(key)

    def entries(self, *, call_id: str | None = None, number: str | None = None, since_ms: int = 0) -> Sequence[Entry]:
        return self._index.entries(call_id=call_id, number=number, since_ms=since_ms)

    def note(self, entry: Entry) -> None:
        kept, _ = self._keep(entry)
        try:
            data = self._frame(kept)
        except LedgerFailed as failed:  # it stays in memory
            log.error("ledger_note_refused", intent=entry.intent, call_id=entry.call_id, reason=str(failed))
            return
        self._disk.put(Line(data, kept.at_ms, None))
        self._on_kept(kept.sequence, entry)

    async def record(self, entry: Entry) -> None:
        """Cancelled, it goes on: the entry stays, and becomes durable if the disk takes it."""
        kept, before = self._keep(entry)
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        written.add_done_callback(lambda done: done.cancelled() or done.exception())  # he who waited may have been cancelled

        def settle(reason: str | None) -> None:
            if reason is None:
                self._on_kept(kept.sequence, entry)
            else:
                self._index.undo(kept, before)
            if not written.done():
                if reason is None:
                    written.set_result(None)
                else:
                    written.set_exception(LedgerFailed(reason))

        def told(reason: str | None) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle, reason)

        try:
            data = self._frame(kept)
        except LedgerFailed:
            self._index.undo(kept, before)
            raise
        self._disk.put(Line(data, kept.at_ms, told))
        try:
            async with asyncio.timeout(self._limits.patience_s):
                await written
        except TimeoutError as late:  # whether it becomes durable later is all the same: it says "begun", and nothing was sent
            raise LedgerFailed(f"the disk did not answer within {self._limits.patience_s:g} s") from late

    def tidy(self, unix_ms: int) -> None:
        """It is *unix_ms* now, as somebody says who knows it: forget and delete what is too old. The files go soon after."""
        now_ms = self._now_ms()
        self._index.forget(now_ms - self._limits.keep_ms)
        self._index.forget_restored(self._restored, unix_ms - self._limits.keep_ms)
        self._disk.tidy(now_ms, unix_ms)

    def close(self, timeout_s: float = 5.0) -> int:
        """Write what is waiting; the number of notes that the disk did not take and that are lost."""
        return self._disk.close(timeout_s)

    def _keep(self, entry: Entry) -> tuple[Kept, Kept | None]:
        self._sequence += 1
        kept = Kept(self._sequence, entry, self._now_ms())
        before = self._index.put(kept)
        self._index.forget(kept.at_ms - self._limits.keep_ms)
        return kept, before

    def _now_ms(self) -> int:
        return max(0, int(self._clock() * 1000))

    def _frame(self, kept: Kept) -> bytes:
        payload = encode(kept.entry)
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise LedgerFailed(f"an entry of {len(payload)} bytes")
        return frame(kept.sequence, kept.at_ms, payload)

    def _recover(self, make_segment: SegmentMaker) -> dict[int, int]:
        """Fill the index and put what lives of all segments into one; when each segment that stays was last written."""
        numbers = segment_numbers(self._directory)
        frames: list[Frame] = []
        newest_ms: dict[int, int] = {}
        clean = True
        for number in numbers:
            data = segment_path(self._directory, number).read_bytes()
            found = scan(data)
            frames += found.frames
            newest_ms[number] = max((one.at_ms for one in found.frames), default=0)
            if found.damaged or found.consumed < len(data):
                log.warning("ledger_damaged", segment=number, bytes=found.damaged + len(data) - found.consumed)
                clean = False
        unknown = self._read(frames)
        living = {kept.sequence for kept in self._index} | unknown
        if clean and len(numbers) <= self._limits.segments and len(living) >= len(frames) // 2:
            return newest_ms
        kept_frames = {one.sequence: one for one in frames if one.sequence in living}  # a compaction cut short leaves some twice
        try:
            return self._compact(numbers, list(kept_frames.values()), make_segment)
        except OSError as error:  # a full disk; what is there can be read as well
            log.warning("ledger_not_compacted", reason=error.strerror)
            return newest_ms

    def _read(self, frames: list[Frame]) -> set[int]:
        """Sequence numbers of what another version of this program wrote, and may want to read again."""
        unknown: set[int] = set()
        newest_ms = max((one.at_ms for one in frames), default=0)
        now_ms = min(self._now_ms(), newest_ms)  # a clock that is wrong today must not cost what was written to the shop yesterday
        for one in frames:
            self._sequence = max(self._sequence, one.sequence)
            if one.at_ms < now_ms - self._limits.keep_ms:
                continue
            try:
                kept = Kept(one.sequence, _decoder.decode(one.payload), one.at_ms)
            except msgspec.MsgspecError:
                unknown.add(one.sequence)
                continue
            if kept.entry.stage == "used" and one.at_ms < now_ms - self._limits.keep_uses_ms:
                continue
            self._index.restore(kept)
            if one.at_ms >= newest_ms - TAIL_MS:
                self.tail.append(kept)
        if unknown:
            log.warning("ledger_of_another_version", entries=len(unknown))
        return unknown

    def _compact(self, numbers: list[int], living: list[Frame], make_segment: SegmentMaker) -> dict[int, int]:
        newest_ms: dict[int, int] = {}
        if living:
            number = numbers[-1] + 1
            path = segment_path(self._directory, number)
            segment = make_segment(path)
            try:
                segment.write(b"".join(frame(one.sequence, one.at_ms, one.payload) for one in living))
                segment.sync()
            except OSError:
                path.unlink(missing_ok=True)
                raise
            finally:
                segment.close()
            newest_ms[number] = max(one.at_ms for one in living)
        for number in numbers:
            segment_path(self._directory, number).unlink(missing_ok=True)
        return newest_ms


def encode(entry: Entry) -> bytes:
    """Raises ``LedgerFailed`` for what no encoding can hold."""
    try:
        try:
            return _encoder.encode(entry)
        except UnicodeEncodeError:  # half a surrogate pair, as a model's JSON may bring
            plain = map_texts(msgspec.to_builtins(entry, enc_hook=str), lambda text: text.encode("utf-8", "replace").decode())
            return _encoder.encode(plain)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise LedgerFailed(f"cannot be encoded: {error!r}") from error
