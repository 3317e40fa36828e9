"""A simulated operator with a SIP telephone: it registers, picks up when the queue rings it, hears who calls, and presses a key.

async with registered(place, "op1", password) as operator:
    await operator.accepted()          # the queue rang, he heard the first word of the summary and pressed 1
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.caller.g711 import ULAW
from ops.caller.operator import ACCEPT
from ops.caller.rtp_socket import RtpSocket
from ops.caller.rtp_stream import RtpStream
from ops.caller.sip import audio
from ops.caller.sip_place import Sipp, SipPlace
from ops.caller.talk import TalkFailed, until
from ops.devstack.ports import free_port

REGISTERED_S: Final = 120
_REGISTER, _ANSWER = (Path(__file__).with_name(name) for name in ("sip_register.xml", "sip_operator.xml"))
_REGISTER_S, _TOLD_S, _END_S = 10.0, 20.0, 5.0


@dataclass(slots=True)
class SipOperator:
    """One telephone on an operator's desk; it takes one call."""

    name: str
    rtp: RtpSocket
    _place: SipPlace
    _told: Path
    _pacing: asyncio.Task[None] | None = None

    async def accepted(self, within_s: float = 30.0) -> None:
        """Wait until the queue rang and we took the caller. Raises ``TalkFailed``."""
        await until(lambda: self._port() is not None, within_s, f"a call for the operator {self.name}")
        self._pacing = asyncio.create_task(self.rtp.pace((self._place.asterisk, self._port() or 0)), name=f"rtp-{self.name}")
        await until(lambda: self.rtp.ear.first_voiced_after(0) is not None, _TOLD_S, f"a word to the operator {self.name} of who calls")
        self.rtp.press(ACCEPT)

    def close(self) -> None:
        if self._pacing is not None:
            self._pacing.cancel()

    def _port(self) -> int | None:
        words = self._told.read_text().split() if self._told.exists() else []
        return int(words[1]) if len(words) > 1 and words[0] == "rtp" else None


@asynccontextmanager
async def registered(place: SipPlace, name: str, password: str) -> AsyncIterator[SipOperator]:
    """*name* is the account in pjsip.conf. Whoever leaves the block is registered no more; raises ``TalkFailed`` when Asterisk refuses."""
    port = free_port()
    told = place.folder / f"operator-{port}.told"
    async with audio(RtpStream(ULAW), place.address) as rtp:
        media = {"rtp_port": rtp.port, "codec": ULAW.codec, "payload_type": ULAW.payload_type}
        operator = SipOperator(name, rtp, place, told)
        # From the port that is rung later: Asterisk takes the address that a registration comes from for the telephone's.
        await _register(place, name, password, port, REGISTERED_S)
        answering = _sipp(place, _ANSWER, port, {"account": name, **media}, ["-aa", "-trace_logs", "-log_file", str(told)])
        try:
            yield operator
        finally:
            operator.close()
            await _ended(answering)
            await _register(place, name, password, port, 0)


async def _register(place: SipPlace, name: str, password: str, port: int, expires_s: int) -> None:
    sipp = _sipp(place, _REGISTER, port, {"account": name, "expires": expires_s}, ["-m", "1", "-au", name, "-ap", password])
    try:
        await until(lambda: sipp.poll() is not None, _REGISTER_S, f"Asterisk's answer to the registration of {name}")
    except TalkFailed:
        await _ended(sipp)
        raise
    if sipp.poll() != 0:
        raise TalkFailed(f"Asterisk does not take the registration of {name}: is it the right password?")


async def _ended(sipp: Sipp) -> None:
    sipp.kill()
    await until(lambda: sipp.poll() is not None, _END_S, "the end of a sipp that was killed")


def _sipp(place: SipPlace, scenario: Path, port: int, named: Mapping[str, object], more: list[str]) -> Sipp:
    keys = [word for name, value in named.items() for word in ("-key", name, str(value))]
    where = ["-i", place.address, "-p", str(port)]
    return place.start(["sipp", f"{place.asterisk}:{place.port}", "-nostdin", "-sf", str(scenario), *where, *keys, *more])
