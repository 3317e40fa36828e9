"""Where a simulated SIP telephone stands: which Asterisk it dials, from which address of ours, and how sipp is started there.

place_at(stack)                         the private stack, on loopback; sipp is unpacked from Debian's package
place_to("asterisk", 5060, folder)      an Asterisk of somebody else, with the sipp of this machine: the compose stacks' container
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ops.devstack import DevStack, unpacked
from ops.devstack.ports import LOOPBACK

_ENVIRONMENT = {"TERM": "dumb"}  # sipp draws a screen


class Sipp(Protocol):
    """A sipp that runs; ``ops.devstack.Process`` and ``subprocess.Popen`` are both."""

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SipPlace:
    asterisk: str  # its IPv4 address
    port: int
    address: str  # ours, as Asterisk reaches it: stands in Via, Contact and SDP
    folder: Path  # for what sipp writes
    start: Callable[[Sequence[str]], Sipp]  # runs a command line that begins with "sipp"


def place_at(stack: DevStack) -> SipPlace:
    """Blocks while sipp is fetched for the first time."""
    root = unpacked(["sip-tester"])

    def start(argv: Sequence[str]) -> Sipp:
        return stack.spawn("sipp", root.command(argv), cwd=stack.folder, env=_ENVIRONMENT)

    return SipPlace(LOOPBACK, stack.asterisk.sip_port, LOOPBACK, stack.folder, start)


def place_to(host: str, port: int, folder: Path) -> SipPlace:
    """Blocks while *host* is resolved; raises OSError where it cannot be, or is not reachable from any address of ours."""
    asterisk = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((asterisk, port))  # sends nothing: asks which of our addresses leads there
        address = probe.getsockname()[0]

    def start(argv: Sequence[str]) -> Sipp:
        with (folder / "sipp.log").open("ab") as log:
            return subprocess.Popen(
                argv, cwd=folder, env={**os.environ, **_ENVIRONMENT}, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    return SipPlace(str(asterisk), port, str(address), folder, start)
