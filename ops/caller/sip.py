"""A simulated caller over real SIP and RTP in G.711: sipp signals, our own UDP socket plays and measures.

sipp ──INVITE (SDP names our socket)──► Asterisk
RtpSocket ◄──RTP, 20 ms, µ- or A-law──► Asterisk        one absolute-time pacer a call; silence when nothing is said
"""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from audiosocket.audio import SLIN8, AudioFormat
from ops.caller.ear import Ear, last_voiced_ms
from ops.caller.g711 import ULAW, Law
from ops.caller.rtp_socket import RtpSocket
from ops.caller.rtp_stream import RtpStream
from ops.caller.sip_place import Sipp, SipPlace, place_at
from ops.caller.talk import TalkFailed, until
from ops.devstack import DevStack
from ops.devstack.ports import free_port

_SCENARIO = Path(__file__).with_name("sip_caller.xml")
_ANSWER_S = 15.0
_BYE_S = 5.0


class Signalling:
    """One call of sipp's. It ends with the call: by the other side's BYE, or by ours."""

    def __init__(self, place: SipPlace, sipp_argv: list[str], call_id: str, sip_port: int) -> None:
        self._call_id = call_id
        self._address = place.address
        self._sip_port = sip_port
        self._told = place.folder / f"sipp-{call_id}.told"
        self._errors = place.folder / f"sipp-{call_id}.errors"
        traces = ["-trace_logs", "-log_file", str(self._told), "-trace_err", "-error_file", str(self._errors)]
        self._sipp: Sipp = place.start([*sipp_argv, *traces])

    @property
    def over(self) -> bool:
        return self._sipp.poll() is not None

    async def answered(self) -> int:
        """Wait for the answer; the RTP port that Asterisk named in it."""
        await until(lambda: self.over or self._rtp_port() is not None, _ANSWER_S, "an answer to the INVITE")
        self.check()
        port = self._rtp_port()
        if port is None:
            raise TalkFailed("the call was over before it was answered")
        return port

    async def bye(self) -> None:
        """Hang up unless it is over."""
        if not self.over:
            self.tell("INFO")
            await until(lambda: self.over, _BYE_S, "the end of a call that we hung up")

    def tell(self, method: str) -> None:
        """A request of ours with the call's Call-ID: INFO makes the scenario send BYE, MESSAGE hold, PUBLISH no longer hold.

        sipp cannot be told otherwise.
        """
        here = self._address
        lines = [
            f"{method} sip:caller@{here}:{self._sip_port} SIP/2.0",
            f"Via: SIP/2.0/UDP {here}:9;branch=z9hG4bK{uuid.uuid4().hex}",
            f"From: <sip:hand@{here}>;tag=hand",
            f"To: <sip:caller@{here}>",
            f"Call-ID: {self._call_id}",
            f"CSeq: 1 {method}",
            "Content-Length: 0",
        ]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hand:
            hand.sendto("\r\n".join([*lines, "", ""]).encode(), (here, self._sip_port))

    def check(self) -> None:
        """Raises TalkFailed with sipp's words when the call did not go by the scenario."""
        if self._sipp.poll() not in (None, 0):
            raise TalkFailed(f"sipp ended with {self._sipp.poll()}: {self.complaint() or 'and said nothing'}")

    def complaint(self) -> str:
        return self._errors.read_text(errors="replace")[-2000:].strip() if self._errors.exists() else ""

    async def end(self) -> None:
        """Make sure that nothing is left of the call, nor of sipp."""
        try:
            await self.bye()
        finally:
            self._sipp.kill()

    def _rtp_port(self) -> int | None:
        words = self._told.read_text().split() if self._told.exists() else []
        return int(words[1]) if len(words) > 1 and words[0] == "rtp" else None


class SipTelephone:
    """A telephone with an answered SIP call on it; satisfies ``ops.caller.talk.Phone``."""

    def __init__(self, rtp: RtpSocket, signalling: Signalling) -> None:
        self.rtp = rtp
        self._signalling = signalling

    @property
    def audio(self) -> AudioFormat:
        return SLIN8

    @property
    def ear(self) -> Ear:
        return self.rtp.ear

    @property
    def gone(self) -> bool:
        return self._signalling.over

    async def say(self, pcm: bytes) -> float:
        ended_s = await self.rtp.say(pcm)
        return ended_s - (SLIN8.duration_ms(len(pcm)) - last_voiced_ms(pcm, SLIN8.frame_bytes)) / 1000

    async def press(self, key: str) -> None:
        """As RTP events (RFC 4733)."""
        self.rtp.press(key)

    def hold(self) -> None:
        """Put the far side on hold, by a re-INVITE that only sends; once in a call."""
        self._signalling.tell("MESSAGE")

    def unhold(self) -> None:
        """Take it back."""
        self._signalling.tell("PUBLISH")

    async def hang_up(self) -> None:
        """BYE, and wait until Asterisk has confirmed it."""
        await self._signalling.bye()


@asynccontextmanager
async def sip_call(
    where: SipPlace | DevStack,
    *,
    number: str = "+380671234567",
    extension: str = "100",
    law: Law = ULAW,
    suppresses_silence: bool = False,
) -> AsyncIterator[SipTelephone]:
    """Dial *extension* over SIP as *number*; the telephone once the call is answered. Whoever leaves the block has hung up.

    Args:
        where: the private stack stands for its ``place_at``.
        suppresses_silence: send no RTP while nothing is said.

    Raises:
        TalkFailed: not answered, refused, or ended in a way that no telephone expects; with what sipp says about it.
    """
    place = where if isinstance(where, SipPlace) else await asyncio.to_thread(place_at, where)
    call_id, sip_port = str(uuid.uuid4()), free_port()
    async with audio(RtpStream(law, suppresses_silence=suppresses_silence), place.address) as rtp:
        words = {"-s": extension, "-cid_str": call_id, "-i": place.address, "-p": sip_port, "-m": 1, "-sf": _SCENARIO}
        named = {"caller": number, "rtp_port": rtp.port, "codec": law.codec, "payload_type": law.payload_type}
        keys = [word for name, value in named.items() for word in ("-key", name, str(value))]
        argv = ["sipp", f"{place.asterisk}:{place.port}", "-nostdin", *keys, *(str(word) for pair in words.items() for word in pair)]
        async with _signalled(Signalling(place, argv, call_id, sip_port)) as signalling:
            remote = (place.asterisk, await signalling.answered())
            pacing = asyncio.create_task(rtp.pace(remote), name=f"rtp-{call_id}")
            try:
                yield SipTelephone(rtp, signalling)
            finally:
                pacing.cancel()


@asynccontextmanager
async def audio(stream: RtpStream, address: str) -> AsyncIterator[RtpSocket]:
    """A socket at *address* for one call's audio."""
    rtp = RtpSocket(stream)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: rtp, local_addr=(address, 0))
    try:
        yield rtp
    finally:
        rtp.close()


@asynccontextmanager
async def _signalled(signalling: Signalling) -> AsyncIterator[Signalling]:
    """However the block ends, the call has ended afterwards; what sipp complains of is told with whatever failed because of it."""
    try:
        yield signalling
    except TalkFailed as error:
        raise TalkFailed(f"{error}\n{signalling.complaint()}") from error
    finally:
        await signalling.end()
    signalling.check()
