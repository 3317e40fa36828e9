"""Starts again what has died, a second later, as an operator's system does; until then nobody listens at its address.

A link before a dead server would still take connections; so it refuses them until the server is back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Protocol, Self

import psycopg

from ops.devstack import DevStackError

AFTER_S: Final = 1.0
LOOK_S: Final = 0.05
END_S: Final = 90.0


class Links(Protocol):
    def set(self, name: str, mode: Literal["cut", "pass"]) -> None: ...


class Process(Protocol):
    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Part:
    process: Callable[[], Process | None]
    restart: Callable[[], None]
    link: str = ""  # the one before it; a parent has none, for its worker goes on listening


class Supervisor:
    """Watches *parts* while entered, in a thread of its own."""

    def __init__(self, parts: Mapping[str, Part], links: Links) -> None:
        self.parts = parts
        self.back_s: dict[str, float] = {}  # when each was last started again
        self.troubles: list[str] = []
        self._links = links
        self._over = threading.Event()
        self._at_work = threading.RLock()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(END_S)

    @contextmanager
    def hands_off(self) -> Iterator[None]:
        """Somebody else restarts something meanwhile."""
        with self._at_work:
            yield

    def wait_back(self, name: str, since_s: float, within_s: float = END_S) -> float | None:
        """When *name* was started again after *since_s*; None: not in time."""
        deadline = time.monotonic() + within_s
        while self.back_s.get(name, 0.0) <= since_s:
            if time.monotonic() > deadline:
                return None
            time.sleep(LOOK_S)
        return self.back_s[name]

    def _watch(self) -> None:
        while not self._over.wait(LOOK_S):
            with self._at_work:
                for name, part in self.parts.items():
                    process = part.process()
                    if process is not None and process.poll() is not None:
                        self._replace(name, part)

    def _replace(self, name: str, part: Part) -> None:
        if part.link:
            self._links.set(part.link, "cut")
        if self._over.wait(AFTER_S):
            return
        try:
            part.restart()
        except (DevStackError, psycopg.Error, OSError) as error:  # tried again at the next look
            self.troubles.append(f"{name} does not start again: {error}")
            return
        if part.link:
            self._links.set(part.link, "pass")
        self.back_s[name] = time.monotonic()
