"""The keeper's thread: waits for descriptors, for wishes of other threads, and for the time to do a round."""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

HANG_UP = select.EPOLLRDHUP
READABLE = select.EPOLLIN
NOTHING = 0

_FAILED_S = 0.005
_ENDED_S = 2.0

Handler = Callable[[], None]


class KeeperLoop:
    """``wish`` and ``end`` are for any thread, the rest for handlers and wishes; what they raise is told, and the others go on."""

    def __init__(self, go_round: Handler, wait_s: Callable[[], float], failed: Callable[[Exception], None]) -> None:
        """*go_round* is called whenever something happened, and after *wait_s* at the latest."""
        self._go_round = go_round
        self._wait_s = wait_s
        self._failed = failed
        self._poll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._last: set[int] = set()
        self._wishes: deque[Handler] = deque()
        self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._running = True
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self.watch(self._woken, READABLE, self._obey)

    def start(self) -> None:
        self._thread.start()

    def wish(self, wish: Handler) -> None:
        """Do it soon, in order. Nothing after ``end``."""
        if self._running:
            self._wishes.append(wish)
            os.eventfd_write(self._woken, 1)

    def end(self) -> None:
        """Returns when no handler runs any more; once."""
        self.wish(self._stop)
        if self._thread.is_alive():
            self._thread.join(_ENDED_S)
        self._running = False
        self._poll.close()
        os.close(self._woken)

    def watch(self, fd: int, events: int, handler: Handler, *, last: bool = False) -> None:
        """*last*: after all others; what opens descriptors must not run before what still hears of closed ones of that number."""
        self._handlers[fd] = handler
        if last:
            self._last.add(fd)
        self._poll.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        self._poll.modify(fd, events)

    def unwatch(self, fd: int) -> None:
        """Needed before closing: the kernel watches a connection as long as any process has it."""
        del self._handlers[fd]
        self._poll.unregister(fd)

    def _run(self) -> None:
        while self._running:
            ready = [fd for fd, _ in self._poll.poll(self._wait_s())]
            for fd in sorted(ready, key=self._last.__contains__):
                if handler := self._handlers.get(fd):  # one before may have ended it
                    self._do(handler)
            self._do(self._go_round)

    def _do(self, handler: Handler) -> None:
        try:
            handler()
        except Exception as error:  # noqa: BLE001 - one connection's fault must not end the keeping of all others
            self._failed(error)
            time.sleep(_FAILED_S)  # lest it be told without end

    def _obey(self) -> None:
        os.eventfd_read(self._woken)
        while self._wishes:
            self._do(self._wishes.popleft())

    def _stop(self) -> None:
        self._running = False
