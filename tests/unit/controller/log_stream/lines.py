"""Lines of a log for tests."""

from __future__ import annotations

from typing import Any

from controller.journal.records import Logged
from controller.log_stream.line import Line, line_of

CALL = "0198a5f0-0000-7000-8000-000000000001"
OTHER = "0198a5f0-0000-7000-8000-000000000002"
START_MS = 0x0198A5F00000


def line(position: int, text: str = "", *, app: str = "one", call: str = CALL, source: str = "stt", level: str = "", **data: Any) -> Line:
    return line_of(logged(position, text, call=call, source=source, level=level, **data), app)


def logged(position: int, text: str = "", *, call: str = CALL, source: str = "stt", level: str = "", **data: Any) -> Logged:
    return Logged(
        call_id=call, sequence=1, at_ms=START_MS + 1_500, position=position, source=source, name="Told", level=level, text=text, data=data
    )
