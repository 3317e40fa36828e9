from __future__ import annotations

import time
from dataclasses import dataclass, field

from ops.chaos.supervisor import AFTER_S, Part, Supervisor
from ops.devstack import DevStackError

WITHIN_S = 10.0


@dataclass
class Server:
    """A process that is dead or not, and may refuse to start."""

    pid: int = 1
    dead: bool = False
    refuses: int = 0
    started: int = 0
    link: list[str] = field(default_factory=list)

    def poll(self) -> int | None:
        return -9 if self.dead else None

    def start(self) -> None:
        if self.refuses:
            self.refuses -= 1
            raise DevStackError("not yet")
        self.dead = False
        self.started += 1

    def set(self, name: str, mode: str) -> None:
        self.link.append(f"{name} {mode}")


def supervised(server: Server) -> Supervisor:
    return Supervisor({"shop": Part(lambda: server, server.start, "shop")}, server)


def test_what_has_died_is_started_again_after_a_while_and_its_address_refuses_until_then() -> None:
    server = Server()
    with supervised(server) as supervisor:
        died_s = time.monotonic()
        server.dead = True
        back_s = supervisor.wait_back("shop", died_s, WITHIN_S)
    assert back_s is not None
    assert back_s - died_s >= AFTER_S
    assert (server.started, server.link, supervisor.troubles) == (1, ["shop cut", "shop pass"], [])


def test_what_does_not_start_is_tried_again_and_told() -> None:
    server = Server(dead=True, refuses=1)
    with supervised(server) as supervisor:
        assert supervisor.wait_back("shop", time.monotonic(), WITHIN_S) is not None
    assert supervisor.troubles == ["shop does not start again: not yet"]


def test_what_lives_is_left_alone_and_nobody_waits_for_ever() -> None:
    server = Server()
    with supervised(server) as supervisor:
        assert supervisor.wait_back("shop", time.monotonic(), within_s=0.3) is None
    assert not server.started


def test_while_somebody_else_restarts_it_hands_are_off() -> None:
    server = Server()
    with supervised(server) as supervisor:
        with supervisor.hands_off():
            server.dead = True
            assert supervisor.wait_back("shop", time.monotonic(), within_s=AFTER_S + 0.5) is None
            server.start()
        assert server.started == 1
