"""Two sockets on loopback, for real."""

import asyncio
import time

from audiosocket.audio import SLIN8
from ops.caller.rtp_socket import RtpSocket
from ops.caller.rtp_stream import SAMPLES, RtpStream
from tests.waiting import until

LOOPBACK = "127.0.0.1"
TONE = b"\x00\x10\x00\xf0" * (SAMPLES // 2)


async def plugged_in(stream: RtpStream) -> RtpSocket:
    rtp = RtpSocket(stream)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: rtp, local_addr=(LOOPBACK, 0))
    return rtp


async def test_what_one_says_the_other_hears_when_it_left() -> None:
    mouth, ear = await plugged_in(RtpStream(suppresses_silence=True)), await plugged_in(RtpStream())
    pacing = asyncio.create_task(mouth.pace((LOOPBACK, ear.port)))
    began = time.monotonic()
    ended = await mouth.say(TONE * 5)
    await until(lambda: ear.received == 5)
    assert 0.08 <= ended - began <= time.monotonic() - began
    assert len(ear.ear.voiced) == mouth.sent == 5
    pacing.cancel()
    mouth.close()
    ear.close()


async def test_what_is_no_rtp_and_other_payloads_are_not_heard() -> None:
    mouth, ear = await plugged_in(RtpStream(suppresses_silence=True)), await plugged_in(RtpStream())
    pacing = asyncio.create_task(mouth.pace((LOOPBACK, ear.port)))
    ear.datagram_received(b"OPTIONS sip:caller SIP/2.0", (LOOPBACK, 5060))
    mouth.press("0")
    await until(lambda: mouth.sent == 9)
    await mouth.say(TONE)
    await until(lambda: ear.received == 1)
    assert len(ear.ear.arrivals) == 1
    assert SLIN8.frame_samples == SAMPLES
    pacing.cancel()
    mouth.close()
    ear.close()
