"""An expected leg, until somebody has its line or nobody wants it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import structlog

from audiosocket.audio import AudioFormat
from audiosocket.errors import LineNotOpened
from audiosocket.line import Line

log = structlog.get_logger(__name__)


class Pending:
    """Made by ``AudioSocketServer.expect``. Whoever made it claims the line or cancels."""

    def __init__(
        self,
        leg_id: uuid.UUID,
        audio: AudioFormat,
        *,
        claim_s: float,
        withdraw: Callable[[Pending], None],
        on_open: Callable[[Line], None] | None,
    ) -> None:
        """*withdraw* is called when the leg shall not be admitted any more, *on_open* when it dials in."""
        loop = asyncio.get_running_loop()
        self.leg_id = leg_id
        self.audio = audio
        self._withdraw = withdraw
        self._on_open = on_open
        self._opened: asyncio.Future[Line] = loop.create_future()
        self._opened.add_done_callback(_retrieve)
        self._claimed = False
        self._timer = loop.call_later(claim_s, self._expire)

    async def line(self, timeout_s: float) -> Line:
        """The open line, as soon as the leg has dialled in. Raises LineNotOpened; then, as when cancelled, the leg is withdrawn."""
        self._timer.cancel()
        try:
            async with asyncio.timeout(timeout_s):
                line = await asyncio.shield(self._opened)
            if line.reason is not None:
                raise LineNotOpened(self.leg_id, line.reason)
            self._claimed = True
        except TimeoutError:
            raise LineNotOpened(self.leg_id, f"did not dial in within {timeout_s:g} s") from None
        finally:
            self.cancel()
        return line

    def cancel(self) -> None:
        """Withdraw: the leg will be refused, its line closed if it came already. Does nothing once the line was claimed."""
        if not self._claimed:
            self.drop("withdrawn")

    # For the server.

    def open(self, line: Line) -> None:
        self._opened.set_result(line)
        if self._on_open is None:
            return
        try:
            self._on_open(line)
        except Exception as error:  # noqa: BLE001 - as with a sink: its fault ends this line alone
            line.fail(error)

    def drop(self, reason: str, *, orderly: bool = True) -> None:
        """Nobody shall have this line any more."""
        self._timer.cancel()
        self._withdraw(self)
        if not self._opened.done():
            self._opened.set_exception(LineNotOpened(self.leg_id, reason))
        elif self._opened.exception() is None:
            self._opened.result().close(reason, orderly=orderly)

    def _expire(self) -> None:
        if not self._opened.done():
            log.warning("leg_not_claimed", leg=str(self.leg_id))
        self.drop("not claimed in time", orderly=False)


def _retrieve(opened: asyncio.Future[Line]) -> None:
    """A failure that nobody waited for is no news: it was told when it happened."""
    if not opened.cancelled():
        opened.exception()
