"""What lies in a journal's directory, read and never changed: beside a running controller, after its death, in a copy.

It reads everything there is, a segment at a time, and believes a record only if its CRC holds, as the journal itself does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from controller.journal.damage import Continuity, Damage, Scar, calls_in
from controller.journal.dead_letters import FILE as DEAD_LETTERS
from controller.journal.files import read_file, segment_numbers, segment_path
from controller.journal.frames import Frame, Hole, Scan, scan, spoilt_at_end
from controller.journal.ledger import FOLDER as LEDGER
from controller.journal.open_calls import OpenCalls
from controller.journal.spool import DAMAGED, FIRST

TRIES = 3  # a running controller deletes segments while we read


@dataclass(frozen=True, slots=True)
class SegmentSeen:
    number: int
    bytes: int
    records: int
    first: int  # sequence numbers; 0 of one that holds none
    last: int
    oldest_ms: int  # Unix time of the append
    newest_ms: int


@dataclass(slots=True)
class Inspection:
    holder: str = ""  # the process that has the directory open
    acknowledged: int = 0  # number of the newest record that is known to be in PostgreSQL
    segments: list[SegmentSeen] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)  # records by tag
    waiting: int = 0
    oldest_ms: int | None = None  # of what waits
    lost: list[Damage] = field(default_factory=list)  # records that cannot be read and are not known to be in PostgreSQL
    spared: list[Damage] = field(default_factory=list)  # records that cannot be read and are there
    scars: list[Scar] = field(default_factory=list)  # bytes that hold no record, a write cut short or under way among them
    open_calls: int = 0
    dead_letters: int = 0
    kept_damage: list[str] = field(default_factory=list)  # files with the bytes of damaged places
    ledger_entries: int = 0
    ledger_scars: list[Scar] = field(default_factory=list)


class _Tagged(msgspec.Struct):
    type: str = "?"


_tags = msgspec.msgpack.Decoder(_Tagged)


def inspect(directory: Path) -> Inspection:
    """Raises ``OSError``; ``FileNotFoundError`` if there is no journal."""
    (directory / "lock").stat()  # every journal has one
    for _ in range(TRIES - 1):
        try:
            return _inspect(directory)
        except FileNotFoundError:
            continue
    return _inspect(directory)


def _inspect(directory: Path) -> Inspection:
    cursor = scan(read_file(directory / "cursor")).frames
    seen = Inspection(
        holder=_holder(directory / "lock"),
        acknowledged=cursor[-1].sequence if cursor else 0,
        open_calls=len(OpenCalls(directory).calls()),
        dead_letters=read_file(directory / DEAD_LETTERS).count(b"\n"),
        kept_damage=sorted(path.name for path in directory.glob(f"*{DAMAGED}")),
    )
    _look_at_segments(directory, seen, knows_start=bool(cursor))
    for number, data in _segments(directory / LEDGER):
        found = scan(data)
        seen.ledger_entries += len(found.frames)
        seen.ledger_scars += _scars(number, data, found)
    return seen


def _look_at_segments(directory: Path, seen: Inspection, *, knows_start: bool) -> None:
    continuity: Continuity | None = None
    newest, tail = seen.acknowledged, b""
    damages: list[Damage] = []
    waiting: list[Scar] = []
    for number, data in _segments(directory):
        found = scan(data)
        scars = _scars(number, data, found)
        if continuity is None:  # what is older than the first one here, and known to be in PostgreSQL, was deleted in good order
            all_there = knows_start and found.frames and found.frames[0].sequence > seen.acknowledged
            continuity = Continuity(0 if number == FIRST else seen.acknowledged if all_there else None)
        torn = [scar for scar in scars if scar.before is None]  # before what is in the next one
        damages += continuity.follow(found.frames, [*waiting, *(scar for scar in scars if scar not in torn)])
        waiting = torn
        seen.scars += scars
        newest = max([newest, *(one.sequence for one in found.frames)])
        tail = data[found.consumed :]
        seen.segments.append(_segment(number, data, found.frames))
        for one in found.frames:
            seen.kinds[_tag(one.payload)] += 1
            if one.sequence > seen.acknowledged:
                seen.waiting += 1
                seen.oldest_ms = one.at_ms if seen.oldest_ms is None else seen.oldest_ms
    if continuity is not None:
        damages += continuity.finish(newest + spoilt_at_end(tail), waiting)
    for damage in damages:
        (seen.lost if damage.last > seen.acknowledged else seen.spared).append(damage)


def _segments(directory: Path) -> Iterator[tuple[int, bytes]]:
    for number in segment_numbers(directory):
        yield number, segment_path(directory, number).read_bytes()


def _segment(number: int, data: bytes, frames: list[Frame]) -> SegmentSeen:
    numbers = [one.sequence for one in frames] or [0]
    times = [one.at_ms for one in frames] or [0]
    return SegmentSeen(number, len(data), len(frames), numbers[0], numbers[-1], min(times), max(times))


def _scars(number: int, data: bytes, found: Scan) -> list[Scar]:
    places = [*found.holes]
    if found.consumed < len(data):
        places.append(Hole(found.consumed, len(data), None))
    return [Scar(number, start, end, before, calls_in(data[start:end])) for start, end, before in places]


def _tag(payload: bytes) -> str:
    try:
        return _tags.decode(payload).type
    except msgspec.MsgspecError:
        return "?"


def _holder(lock: Path) -> str:
    """Told by the kernel's own list: trying the lock could turn away a controller that starts at this moment."""
    inode = f":{lock.stat().st_ino}"
    try:
        held = any(line.split()[5].endswith(inode) for line in Path("/proc/locks").read_text().splitlines() if "FLOCK" in line)
    except (OSError, IndexError):
        return ""
    return lock.read_text().strip() if held else ""
