"""SIP over WebSocket by hand: what an honest page sends, and what it never would."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import websockets

ANSWER_S = 5.0

PLAIN = "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 9 RTP/AVP 0", ""])
"""Audio without encryption, to whatever address it names."""

ENCRYPTED = "\r\n".join(
    [
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0"),
        *("m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=rtpmap:111 opus/48000/2", "a=rtcp:9 IN IP4 0.0.0.0", "a=mid:0"),
        *("a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=setup:actpass", "a=rtcp-mux", "a=sendrecv"),
        *("a=fingerprint:sha-256 " + ":".join(["AB"] * 32), ""),
    ]
)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def authorization(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The header's value that answers a 401."""
    line = next(line for line in challenge.split("\r\n") if line.lower().startswith("www-authenticate"))
    asked = dict(re.findall(r'(\w+)="([^"]*)"', line))
    nonce, count, cnonce = asked["nonce"], "00000001", secrets.token_hex(4)
    secret, what = _md5(f"{user}:{asked['realm']}:{password}"), _md5(f"{method}:{uri}")
    response = _md5(f"{secret}:{nonce}:{count}:{cnonce}:auth:{what}")
    return (
        f'Digest username="{user}", realm="{asked["realm"]}", nonce="{nonce}", uri="{uri}", response="{response}", '
        f'algorithm=MD5, qop=auth, nc={count}, cnonce="{cnonce}", opaque="{asked.get("opaque", "")}"'
    )


class BrowserSip:
    """One socket. *user* and *password* are what challenges are answered with."""

    def __init__(self, socket: websockets.ClientConnection, user: str = "", password: str = "") -> None:
        self.socket = socket
        self.user = user
        self.password = password

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, user: str = "", password: str = "", **options: Any) -> AsyncIterator[Self]:
        """*options* are websockets.connect's: origin, local_addr."""
        subprotocols = [websockets.Subprotocol("sip")]
        async with websockets.connect(url, subprotocols=subprotocols, compression=None, proxy=None, close_timeout=0.2, **options) as socket:
            yield cls(socket, user, password)

    def message(
        self, method: str, to: str, *, name: str = "", body: str = "", headers: Mapping[str, str] | None = None, **dialog: Any
    ) -> str:
        """One request from sip:*name* (default: the user) to sip:*to*@127.0.0.1."""
        uri = f"sip:{to}@127.0.0.1" if to else "sip:127.0.0.1"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/WS x.invalid;branch=z9hG4bK{secrets.token_hex(6)}",
            "Max-Forwards: 70",
            f"To: <{uri}>",
            f"From: <sip:{name or self.user}@127.0.0.1>;tag={dialog.get('tag', 't')}",
            f"Call-ID: {dialog.get('call', 'c')}",
            f"CSeq: {dialog.get('cseq', 1)} {method}",
            f"Contact: <sip:{self.user}@x.invalid;transport=ws>",
            *(f"{header}: {value}" for header, value in (headers or {}).items()),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", body])

    async def send(self, frame: str) -> None:
        await self.socket.send(frame)

    async def statuses(self, method: str, to: str, *, until: str = "", **message: Any) -> list[str]:
        """The answers' status codes in order, up to the final one or *until*; a challenge is answered once, where there is a password."""
        dialog: dict[str, Any] = {"call": secrets.token_hex(8), "tag": secrets.token_hex(4)}
        await self.send(self.message(method, to, **dialog, **message))
        codes: list[str] = []
        while True:
            answer = await self.answer(dialog["call"])
            code = answer.split()[1]
            codes.append(code)
            if code == "401" and codes == ["401"] and self.password:
                uri = f"sip:{to}@127.0.0.1" if to else "sip:127.0.0.1"
                answered = authorization(answer, method, uri, self.user, self.password)
                headers = {**message.get("headers", {}), "Authorization": answered}
                await self.send(self.message(method, to, **dialog, **{**message, "headers": headers}, cseq=2))
            elif code == until or not code.startswith("1"):
                return codes

    async def answer(self, call: str) -> str:
        """The next answer in a dialog; others, and requests of Asterisk's, are passed over."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                frame = await self.socket.recv()
                text = frame if isinstance(frame, str) else frame.decode()
                if text.startswith("SIP/2.0") and f"Call-ID: {call}\r\n" in text:
                    return text
