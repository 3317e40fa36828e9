"""PostgreSQL's part of the log: what the test puts there, as far as it is told to answer."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

from controller.log_stream.cursor import Cursor
from controller.log_stream.history import History, NoHistory
from controller.log_stream.line import Line
from controller.reader import Rows


class NobodyAnswers:
    async def fetch(self, *_: object, **__: object) -> Rows:
        raise TimeoutError("away")


class FakeHistory(History):
    def __init__(self) -> None:
        super().__init__(NobodyAnswers())
        self.lines: list[Line] = []
        self.away = False
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """What happens, once, after it has looked for the last lines that it has and before it has answered."""

    async def _answer(self, found: list[Line], limit: int) -> list[Line]:
        if len(found) < limit and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return found[:limit]

    def _there(self) -> list[Line]:
        if self.away:
            raise NoHistory("PostgreSQL: away")
        return sorted(self.lines, key=lambda line: line.position)

    async def after(self, app: str, position: int, *, limit: int = 3) -> list[Line]:
        return await self._answer([line for line in self._there() if line.app == app and line.position > position], limit)

    async def of_call_after(self, call_id: uuid.UUID, cursor: Cursor, absent: int, *, limit: int = 3) -> list[Line]:
        of_call = [line for line in self._there() if line.call == str(call_id)]
        return await self._answer([line for line in of_call if line.position > cursor.get(line.app, absent)], limit)

    async def back(self, app: str, until: int, rows: int) -> int:
        found = [line.position for line in self._there() if line.app == app and line.position <= until][-rows:]
        return found[0] - 1 if found else until

    async def reaches(self, app: str, position: int) -> bool:
        return any(line.app == app and line.position >= position for line in self._there())

    async def apps(self, since: int) -> list[str]:
        return sorted({line.app for line in self._there()})

    async def ended(self, call_id: uuid.UUID) -> bool | None:
        return None if not self._there() else False
