"""Presses keys on behalf of AudioSocket telephones, which cannot send DTMF themselves: AMI's PlayDTMF with Receive.

Loopback and the private stack only; the controller itself never uses AMI.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

_TIMEOUT_S = 5.0


class AmiRefused(Exception):
    """Asterisk answered an action with something else than Success."""


class Ami(Protocol):
    """Where AMI listens on loopback, and as whom to log in; the private stack's Asterisk is one."""

    @property
    def ami_port(self) -> int: ...

    @property
    def ami_username(self) -> str: ...

    @property
    def ami_password(self) -> str: ...


async def play_dtmf(asterisk: Ami, channel: str, key: str) -> None:
    """Make Asterisk believe that *channel* (name or id) pressed *key*."""
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", asterisk.ami_port), _TIMEOUT_S)
    try:
        await asyncio.wait_for(reader.readline(), _TIMEOUT_S)  # the banner
        await _act(reader, writer, {"Action": "Login", "Username": asterisk.ami_username, "Secret": asterisk.ami_password, "Events": "off"})
        await _act(reader, writer, {"Action": "PlayDTMF", "Channel": channel, "Digit": key, "Duration": "120", "Receive": "true"})
    finally:
        writer.close()


async def _act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, action: Mapping[str, str]) -> None:
    writer.write("".join(f"{k}: {v}\r\n" for k, v in action.items()).encode() + b"\r\n")
    while True:
        raw = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _TIMEOUT_S)
        answer = dict(line.split(": ", 1) for line in raw.decode(errors="replace").splitlines() if ": " in line)
        if "Response" in answer:
            break
    if answer["Response"] != "Success":
        raise AmiRefused(f"{action['Action']}: {answer.get('Message', answer['Response'])}")
