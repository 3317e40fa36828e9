"""Who sends on which connection. Pure: no I/O; time is passed in.

                               told its UUID
    accepted ──► NEW ────────────────────────────────► SERVED
                  ▲ │                                   │   ▲
     server gone, │ │ given to a server                 │   │ the server has it
     or leaves    └─┘                      server gone, │   │
                                           or leaves    ▼   │
                                                     COMFORTED ──► given to a server
    each of them ──► hung up, or nobody served it for too long ──► forgotten

Rule 1: what told its UUID is sent to by one at a time: SERVED by the server, COMFORTED by the keeper. What did not is sent
nothing, for nobody knows its kind of audio.
Rule 2: a word counts only if the server that says it is the one that serves now, and the connection was given to *it*.
Rule 3: whoever serves next is given everything that is not forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from audiosocket.handover import Leg, Take


class Comforted(NamedTuple):
    number: int
    leg: Leg
    alone_since_s: float
    apology_ns: int
    """When the apology to it began or begins; 0: none is made."""


@dataclass(slots=True)
class _Connection:
    alone_since_s: float
    leg: Leg | None = None
    given: bool = False
    served: bool = False
    plea: bool = False  # whose caller is apologised to when nobody serves him
    apology_ns: int = 0  # since when he is


class KeeperBook:
    def __init__(self) -> None:
        self._connections: dict[int, _Connection] = {}
        self._numbered = 0
        self._serving = False
        self._welcomed = False

    def __len__(self) -> int:
        return len(self._connections)

    # What happens.

    def accepted(self, now_s: float) -> int:
        """Its number, used once."""
        self._numbered += 1
        self._connections[self._numbered] = _Connection(now_s)
        return self._numbered

    def forget(self, number: int) -> None:
        """It has ended."""
        self._connections.pop(number, None)

    def server_came(self, now_s: float) -> None:
        """Another one serves from now on; who did before does not."""
        if self._serving:
            self.server_went(now_s)
        self._serving = True

    def server_went(self, now_s: float, since_ns: int = 0) -> None:
        """It died, or sends no more; apologies begin at *since_ns*, or not at all if that is 0."""
        self._serving = self._welcomed = False
        for connection in self._connections.values():
            if connection.given:
                connection.given = False
                if connection.leg is None or connection.served:
                    connection.alone_since_s = now_s
                    connection.apology_ns = since_ns
                connection.served = False

    def gave(self, number: int) -> None:
        if connection := self._connections.get(number):
            connection.given = True

    def welcomed(self) -> None:
        self._welcomed = True

    def told(self, number: int, leg: Leg) -> None:
        """Its UUID came, or its audio turned out to be of another kind or in longer messages; the server sends to it."""
        if (connection := self._connections.get(number)) and connection.given:
            connection.leg = leg
            connection.served = True

    def pleads(self, number: int, wanted: bool) -> None:
        if (connection := self._connections.get(number)) and connection.given:
            connection.plea = wanted

    def has(self, number: int) -> None:
        """The server sends to it now."""
        if (connection := self._connections.get(number)) and connection.given and connection.leg is not None:
            connection.served = True

    # What is to be done.

    def to_give(self) -> list[Take]:
        """What the server that serves was not given yet, the legs first."""
        if not self._serving:
            return []
        takes = [
            Take(number, connection.leg, connection.apology_ns if connection.leg is not None and connection.plea else 0)
            for number, connection in self._connections.items()
            if not connection.given
        ]
        return sorted(takes, key=lambda take: take.leg is None)

    @property
    def to_welcome(self) -> bool:
        """The server was given all that was kept, and does not know it yet."""
        return self._serving and not self._welcomed and all(connection.given for connection in self._connections.values())

    def comforted(self) -> Iterator[Comforted]:
        """Each that the keeper sends to."""
        for number, connection in self._connections.items():
            if connection.leg is not None and not connection.served:
                yield Comforted(number, connection.leg, connection.alone_since_s, connection.apology_ns if connection.plea else 0)

    def alone_too_long(self, since_s: float) -> list[int]:
        """What nobody has served since before *since_s*. What is new and given is its server's business."""
        return [
            number
            for number, connection in self._connections.items()
            if connection.alone_since_s < since_s and not connection.served and not (connection.leg is None and connection.given)
        ]
