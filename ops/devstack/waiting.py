"""Wait for a condition with a time limit."""

import time
from collections.abc import Callable

from .errors import ServiceFailed
from .processes import Process

_PAUSE_S = 0.02


def until(is_ready: Callable[[], bool], process: Process, what: str, timeout_s: float) -> None:
    """Poll until ready. Raises ServiceFailed, with the log's tail, when the process ends before or the time is over."""
    deadline = time.monotonic() + timeout_s
    while not is_ready():
        if (status := process.poll()) is not None:
            raise ServiceFailed(f"{process.name} ended with status {status} before it was ready", process.log_path)
        if time.monotonic() > deadline:
            raise ServiceFailed(f"{process.name}: {what} did not come within {timeout_s:g} s", process.log_path)
        time.sleep(_PAUSE_S)
