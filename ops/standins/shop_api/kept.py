"""A shop that outlives its process: every write that took effect is kept in a file, and done again in the same order at the start.

    request ─► write ─► a line in the file ─► answer

A process that is killed before the line is written has not answered either: who asked asks again, and it is done then, once. What a real
shop's database does for it, in one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx
import msgspec
from fastapi import FastAPI

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FORGETTING: Final = frozenset({"/control", "/control/state"})
_OF_THE_WIRE: Final = frozenset({"host", "content-length", "connection", "accept-encoding"})


class Done(msgspec.Struct, frozen=True):
    """One write, as it was asked for."""

    method: str
    target: str  # path and query
    headers: dict[str, str]
    body: bytes


class Keeper:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._again = False

    def keep(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, status: int) -> None:
        """After the write and before its answer."""
        if self._again or method in READING or status >= 400 or path.startswith("/control/log"):
            return
        if path in FORGETTING:
            if method == "DELETE":
                self._path.unlink(missing_ok=True)
            return  # settings of a stand-in are none of the shop's state
        kept = {name: value for name, value in headers.items() if name not in _OF_THE_WIRE}
        done = Done(method, f"{path}?{query}" if query else path, kept, body)
        with self._path.open("ab", buffering=0) as file:  # one write: a kill leaves the whole line or none
            file.write(msgspec.json.encode(done) + b"\n")

    async def redo(self, app: FastAPI) -> int:
        """Do all again that the file holds; how many there were. Raises ``RuntimeError`` when one is refused now."""
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        self._again = True
        try:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop") as client:
                for done in (msgspec.json.decode(line, type=Done) for line in lines):
                    answer = await client.request(done.method, done.target, headers=done.headers, content=done.body)
                    if answer.status_code >= 400:
                        raise RuntimeError(f"{done.method} {done.target} was done once and is refused now: {answer.text}")
        finally:
            self._again = False
        return len(lines)
