"""What lies in a journal's directory, for a person's eyes (``callctl db spool``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from controller.journal.inspection import Inspection, inspect
from controller.terminal import err, fail, out


def show(directory: Path) -> int:
    """The exit code: 1 if records are lost."""
    try:
        found = inspect(directory)
    except OSError as error:
        fail(f"{directory} cannot be read as a journal's directory: {error.strerror}")
    held = f"in use by process {found.holder}" if found.holder else "in use by nobody"
    out.print(f"{directory}, {held}; {found.open_calls} calls open, {found.ledger_entries} entries in the ledger", highlight=False)
    if found.segments:
        out.print(_table(found), highlight=False)
        kinds = ", ".join(f"{tag} {count:,}" for tag, count in found.kinds.most_common())
        out.print(f"Records by kind: {kinds or 'none'}", highlight=False)
    since = f", the oldest since {_moment(found.oldest_ms)}" if found.oldest_ms is not None else ""
    out.print(f"{found.waiting:,} wait for PostgreSQL{since}", highlight=False)
    for line in _troubles(found):
        err.print(line, markup=False, highlight=False)
    return 1 if found.lost else 0


def _table(found: Inspection) -> Table:
    table = Table("segment", "bytes", "records", "from", "to", "oldest", "newest", box=None, header_style="bold")
    for one in found.segments:
        numbers = (str(one.first), str(one.last), _moment(one.oldest_ms), _moment(one.newest_ms)) if one.records else ()
        table.add_row(str(one.number), f"{one.bytes:,}", f"{one.records:,}", *numbers)
    return table


def _troubles(found: Inspection) -> Iterator[str]:
    for damage in found.lost:
        yield f"Lost: records {damage}{_whose(damage.calls)}"
    for damage in found.spared:
        yield f"Spoilt, but in PostgreSQL already: records {damage}"
    explained = {scar for damage in found.lost + found.spared for scar in damage.scars}
    for scar in found.scars:
        if scar.before is None and scar not in explained:
            yield f"{scar.end - scar.start} bytes at the end of segment {scar.segment} are no whole record: cut short, or under way"
    for scar in found.ledger_scars:
        yield f"Ledger: {scar.end - scar.start} bytes of segment {scar.segment} hold no entry{_whose(scar.calls)}"
    if found.dead_letters:
        yield f"{found.dead_letters} dead letters: what PostgreSQL refused, in dead-letters.jsonl"
    if found.kept_damage:
        yield f"Kept for a look: {', '.join(found.kept_damage)}"


def _moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _whose(calls: Iterable[str]) -> str:
    """The calls whose ids can still be read there."""
    named = ", ".join(calls)
    return f"; of call {named}" if named else ""
