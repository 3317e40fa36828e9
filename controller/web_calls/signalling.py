"""What of SIP a browser may send: its own one call, with encrypted media, and nothing else. Pure.

Asterisk is configured to refuse all the rest as well (docs/web-calls.md); this is the first of two locks, and the only one that sees the
media description before media flows: an offer of plain RTP would let a browser point our audio at any address.

A frame is one SIP message (RFC 7118). We are stricter than SIP: what Asterisk might read differently from us (two messages in a frame,
folded or doubled headers, abbreviated names) is refused, not understood.
"""

from __future__ import annotations

import re

LONGEST = 16_384
"""Characters of one message; JsSIP's longest, an INVITE with all of Chromium's codecs, has 4,000."""

METHODS = frozenset({"INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "INFO", "OPTIONS"})
_REQUEST = re.compile(r"([A-Z]+) sips?:[^\s]+ SIP/2\.0")
_ANSWER = re.compile(r"SIP/2\.0 [1-6]\d\d( .*)?")
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]+): *(.*)")
_FROM = re.compile(r'(?:"[^"<>]*" ?)?<sips?:([A-Za-z0-9.-]+)@[^<>\s]+>(;.*)?')
_ONCE = ("from", "content-length", "content-type", "call-id", "cseq")
_MEDIA = re.compile(r"m=audio \d{1,5} UDP/TLS/RTP/SAVPF( \d{1,3})+")


def is_keep_alive(frame: str) -> bool:
    """RFC 5626's ping: line breaks alone."""
    return not frame.strip("\r\n")


def objection(frame: str, user: str) -> str | None:
    """Why *frame* from the browser that calls itself *user* may not go to Asterisk, or None."""
    if len(frame) > LONGEST:
        return "too long"
    head, separator, body = frame.partition("\r\n\r\n")
    lines = head.split("\r\n")
    if not separator or any(character in line for line in lines for character in "\r\n\0"):
        return "no whole message"
    headers: dict[str, list[str]] = {}
    for line in lines[1:]:
        header = _HEADER.fullmatch(line)
        if header is None:
            return "a header that is folded, short or none"
        headers.setdefault(header[1].lower(), []).append(header[2])
    if any(len(headers.get(name, ())) > 1 for name in _ONCE):
        return "a header twice"
    if headers.get("content-length") != [str(len(body.encode()))]:
        return "another length than it says"
    return _wrong_start(lines[0], headers, user) or _wrong_body(headers, body)


def _wrong_start(start: str, headers: dict[str, list[str]], user: str) -> str | None:
    if _ANSWER.fullmatch(start):
        return None
    request = _REQUEST.fullmatch(start)
    if request is None or request[1] not in METHODS:
        return "a method that no call needs"
    caller = _FROM.fullmatch(headers.get("from", [""])[0])
    if caller is None or caller[1] != user:
        return "somebody else's name"
    for name in ("authorization", "proxy-authorization"):
        for value in headers.get(name, []):
            if re.findall(r'username\s*=\s*"?([^",\s]*)', value, flags=re.I) != [user]:
                return "somebody else's credentials"
    return None


def _wrong_body(headers: dict[str, list[str]], body: str) -> str | None:
    if not body:
        return None
    if headers.get("content-type", [""])[0].strip().lower() != "application/sdp":
        return "a body that describes no media"
    media = [line for line in re.split(r"[\r\n]+", body) if re.match(r"\s*m\s*=", line, flags=re.I)]
    if not all(_MEDIA.fullmatch(line) for line in media):
        return "media that is not encrypted audio"
    return None
