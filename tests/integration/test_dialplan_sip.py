"""SIP at the door: who is let in, and how."""

import asyncio
import hashlib
import re
import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.devstack import DevStack, unpacked
from ops.devstack.ports import LOOPBACK

from .dialplan_lab import Lab

CALL_S = 20.0


@pytest.fixture
async def lab(stack: DevStack) -> AsyncIterator[Lab]:
    async with Lab.open(stack) as opened:
        yield opened


def sipp_call(stack: DevStack, folder: Path, number: str, *options: str) -> list[str]:
    """One call of sipp's built-in caller, half a second long."""
    root = unpacked(["sip-tester"])
    target = f"{LOOPBACK}:{stack.asterisk.sip_port}"
    return root.command(["sipp", "-sn", "uac", "-s", number, "-m", "1", "-d", "500", "-i", LOOPBACK, "-timeout", "15s", *options, target])


@pytest.mark.timeout(300)  # the first time sipp is fetched
async def test_a_call_from_the_providers_address_reaches_the_controller_and_its_bye_ends_it(lab: Lab, tmp_path: Path) -> None:
    async with lab.controller() as events:
        argv = await asyncio.to_thread(sipp_call, lab.stack, tmp_path, "380441234567")
        sipp = lab.stack.spawn("sipp", argv, cwd=tmp_path, env={"TERM": "dumb"})
        start = await events.next("StasisStart", timeout_s=CALL_S)
        assert start["channel"]["name"].startswith("PJSIP/trunk-")
        assert start["args"] == ["inbound", "380441234567", "next"]
        assert (await lab.ari.post(f"/channels/{start['channel']['id']}/answer")).status_code == 204
        await events.next("StasisEnd", timeout_s=CALL_S)
        assert await asyncio.to_thread(sipp.wait, CALL_S) == 0


async def register(stack: DevStack, user: str, password: str) -> str:
    """Whether a phone could register: the answers' status codes in order, over a plain UDP socket with digest authentication."""
    return await asyncio.to_thread(_register, stack.asterisk.sip_port, user, password)


def _register(port: int, user: str, password: str) -> str:
    uri, codes, authorization = f"sip:{LOOPBACK}:{port}", [], ""
    call = uuid.uuid4()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((LOOPBACK, 0))
        phone.settimeout(5)
        me = f"{LOOPBACK}:{phone.getsockname()[1]}"
        for sequence in (1, 2):
            lines = [
                f"REGISTER {uri} SIP/2.0",
                f"Via: SIP/2.0/UDP {me};branch=z9hG4bK{uuid.uuid4().hex};rport",
                "Max-Forwards: 70",
                f"From: <sip:{user}@{LOOPBACK}>;tag=1",
                f"To: <sip:{user}@{LOOPBACK}>",
                f"Call-ID: {call}",
                f"CSeq: {sequence} REGISTER",
                f"Contact: <sip:{user}@{me}>",
                "Expires: 60",
                *([authorization] if authorization else []),
                "Content-Length: 0",
            ]
            phone.sendto("\r\n".join([*lines, "", ""]).encode(), (LOOPBACK, port))
            while not (answer := phone.recv(4096).decode()).startswith("SIP/2.0"):
                pass  # Asterisk asks the contact it has just learnt how it is (OPTIONS), sometimes before it answers
            codes.append(answer.split()[1])
            challenge = dict(
                re.findall(r'(\w+)="([^"]*)"', next((line for line in answer.splitlines() if line.startswith("WWW-Auth")), ""))
            )
            if not challenge:
                break

            def md5(text: str) -> str:
                return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

            ha1, ha2 = md5(f"{user}:{challenge['realm']}:{password}"), md5(f"REGISTER:{uri}")
            response = md5(f"{ha1}:{challenge['nonce']}:00000001:c:auth:{ha2}")
            authorization = (
                f'Authorization: Digest username="{user}",realm="{challenge["realm"]}",nonce="{challenge["nonce"]}",uri="{uri}",'
                f'response="{response}",algorithm=MD5,qop=auth,cnonce="c",nc=00000001,opaque="{challenge.get("opaque", "")}"'
            )
    return " ".join(codes)


async def test_the_softphone_registers_with_its_password_only(stack: DevStack) -> None:
    assert await register(stack, "softphone", stack.asterisk.softphone_password) == "401 200"
    assert await register(stack, "softphone", "wrong") == "401 401"


async def test_operators_phones_register(stack: DevStack) -> None:
    for user in ("op1", "op2"):
        assert await register(stack, user, stack.asterisk.operator_password) == "401 200"


async def test_a_phone_that_does_not_exist_cannot_register(stack: DevStack) -> None:
    assert "200" not in await register(stack, "op9", stack.asterisk.operator_password)
