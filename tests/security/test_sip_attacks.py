"""At the SIP door of a real Asterisk: strangers, wrong passwords, calls to the outside, names that are programs, noise."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from controller.ari.messages import MessageDecoder, StasisStart
from ops.devstack import DevStack
from ops.devstack.ports import LOOPBACK
from tests.integration.dialplan_lab import Lab

STRANGER = "127.0.0.9"
"""An address that is not the provider's."""
ANSWER_S = 5.0
NOISE = 300


@pytest.fixture
async def lab(stack: DevStack) -> AsyncIterator[Lab]:
    async with Lab.open(stack) as opened:
        yield opened


class Phone:
    """A UDP socket that writes SIP by hand, as no honest telephone would."""

    def __init__(self, sock: socket.socket, port: int) -> None:
        self._socket, self._server = sock, (LOOPBACK, port)
        self.address = f"{sock.getsockname()[0]}:{sock.getsockname()[1]}"
        self.call = uuid.uuid4().hex

    def invite(self, number: str, user: str, *headers: str, name: str = "", sequence: int = 1) -> None:
        sdp = f"v=0\r\no=- 1 1 IN IP4 {LOOPBACK}\r\ns=-\r\nc=IN IP4 {LOOPBACK}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
        self.request("INVITE", number, user, *headers, name=name, sequence=sequence, body=sdp)

    def request(self, method: str, number: str, user: str, *headers: str, name: str = "", sequence: int = 1, body: str = "") -> None:
        lines = [
            f"{method} sip:{number}@{LOOPBACK} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address};branch=z9hG4bK{uuid.uuid4().hex};rport",
            "Max-Forwards: 70",
            f"From: {name}<sip:{user}@{LOOPBACK}>;tag={self.call[:8]}",
            f"To: <sip:{number}@{LOOPBACK}>",
            f"Call-ID: {self.call}",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:{user}@{self.address}>",
            *headers,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.throw("\r\n".join([*lines, "", body]).encode())

    def throw(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, self._server)

    async def final(self) -> str:
        """The answer that is not provisional, whole; fails without one in time."""
        return await asyncio.to_thread(self._final)

    def _final(self) -> str:
        while True:
            answer = self._socket.recv(65_535).decode(errors="replace")
            if answer.startswith("SIP/2.0") and not answer.startswith("SIP/2.0 1"):
                return answer

    def digest(self, challenge: str, number: str, user: str, password: str) -> str:
        told = dict(re.findall(r'(\w+)="([^"]*)"', challenge))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        uri = f"sip:{number}@{LOOPBACK}"
        ha1, ha2 = md5(f"{user}:{told['realm']}:{password}"), md5(f"INVITE:{uri}")
        response = md5(f"{ha1}:{told['nonce']}:00000001:c:auth:{ha2}")
        return (
            f'Authorization: Digest username="{user}",realm="{told["realm"]}",nonce="{told["nonce"]}",uri="{uri}",response="{response}",'
            f'algorithm=MD5,qop=auth,cnonce="c",nc=00000001,opaque="{told.get("opaque", "")}"'
        )


@contextmanager
def phone(stack: DevStack, address: str = STRANGER) -> Iterator[Phone]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        sock.settimeout(ANSWER_S)
        yield Phone(sock, stack.asterisk.sip_port)


def status(answer: str) -> int:
    return int(answer.split()[1])


@pytest.mark.parametrize("user", ["trunk", "op1", "softphone", "anonymous", "web-000000000000", "asterisk", "' OR 1=1 --"])
async def test_a_stranger_gets_no_call_whatever_he_calls_himself(lab: Lab, user: str) -> None:
    async with lab.controller():
        with phone(lab.stack) as stranger:
            stranger.invite("380441234567", user.replace(" ", "%20"))
            assert status(await stranger.final()) in (400, 401, 403, 404)
        assert await lab.channels() == []


async def test_a_wrong_password_calls_nobody(lab: Lab) -> None:
    with phone(lab.stack) as stranger:
        stranger.invite("100", "softphone")
        challenge = await stranger.final()
        assert status(challenge) == 401
        stranger.invite("100", "softphone", stranger.digest(challenge, "100", "softphone", "guessed-1"), sequence=2)
        assert status(await stranger.final()) == 401
    assert await lab.channels() == []


@pytest.mark.parametrize("number", ["0900123456", "%2B390123456", "op1", "s", "h", "101", "100%2C1%26PJSIP", "990100"])
async def test_a_telephone_of_ours_reaches_the_shop_and_nothing_outside(lab: Lab, number: str) -> None:
    async with lab.controller():
        with phone(lab.stack) as ours:
            ours.invite(number, "softphone")
            challenge = await ours.final()
            ours.invite(number, "softphone", ours.digest(challenge, number, "softphone", lab.stack.asterisk.softphone_password), sequence=2)
            assert status(await ours.final()) == 404
        assert await lab.channels() == []


NAMES = {
    "a program of the dialplan": "${SHELL(touch /tmp/owned)}",
    "an argument more": "Olena,1)&Dial(PJSIP/0900@trunk",
    "SQL": "'); DROP TABLE calls; --",
    "a page's script": "<script>alert(1)</script>",
    "a terminal's command": "\x1b[2J\x1b]0;owned\x07",
    "of great length": "Я" * 300,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_callers_name_is_a_name_whatever_stands_in_it(lab: Lab, name: str) -> None:
    """From the provider's address. It reaches us as data, or not at all; nothing else becomes of the call."""
    async with lab.controller() as events:
        with phone(lab.stack, LOOPBACK) as trunk:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            trunk.invite("380441234567", "380671234567", name=f'"{quoted}" ')
            start = await events.next("StasisStart", timeout_s=ANSWER_S)
            assert start["args"] == ["inbound", "380441234567", "next"]
            caller = start["channel"]["caller"]
            assert caller["number"] == "380671234567"
            assert name.startswith(caller["name"]) or caller["name"] in name, "nothing was made of it"
            decoder = MessageDecoder()
            message = decoder.decode(json.dumps(start))
            assert isinstance(message, StasisStart)
            assert (await lab.ari.delete(f"/channels/{start['channel']['id']}")).status_code == 204
            await events.next("StasisEnd", timeout_s=ANSWER_S)


async def test_a_header_cannot_be_smuggled_in_with_the_number(lab: Lab) -> None:
    async with lab.controller() as events:
        with phone(lab.stack, LOOPBACK) as trunk:
            trunk.invite("380441234567", "380671234567%0d%0aX-Asterisk-Set:CALL_ID=1", "CALL_ID: evil", "X-CALL_APP: evil")
            start = await events.next("StasisStart", timeout_s=ANSWER_S)
            assert start["args"] == ["inbound", "380441234567", "next"]
            assert start["channel"]["channelvars"] in ({}, {"CALL_ID": "", "CALL_APP": "", "CALLCTL_ACK": ""})
            await lab.ari.delete(f"/channels/{start['channel']['id']}")
            await events.next("StasisEnd", timeout_s=ANSWER_S)


async def test_noise_and_half_messages_harm_nobody(lab: Lab) -> None:
    chance = random.Random(6)
    whole = (
        f"INVITE sip:100@{LOOPBACK} SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCSeq: 1 INVITE\r\n".encode()
    )
    async with lab.controller():
        with phone(lab.stack) as stranger:
            for _ in range(NOISE):
                cut, spoilt = chance.randrange(len(whole)), bytearray(whole)
                spoilt[cut] ^= 1 << chance.randrange(8)
                for datagram in (
                    chance.randbytes(chance.randrange(1, 1_400)),
                    whole[:cut],
                    bytes(spoilt),
                    b"Content-Length: -1\r\n" + whole,
                ):
                    stranger.throw(datagram)
            stranger.request("OPTIONS", "100", "anonymous")
        with phone(lab.stack) as honest:
            honest.invite("100", "softphone")
            assert status(await honest.final()) == 401, "it is there as before"
        assert await lab.channels() == []
