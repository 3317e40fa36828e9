"""What the service's prefix cache would do with a request: which part of its input is read from it, which written to it.

    tools ─► system ─► messages        all blocks in this order, each with everything before it, are a prefix
                 ▌            ▌        a breakpoint: its prefix is written; it is read there or at one of the 20 blocks before

Entries live five minutes from their last use; a prefix below the model's minimum is neither written nor read.
Source: platform.claude.com/docs/en/build-with-claude/prompt-caching.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.standins.anthropic_api.stream import tokens_in

LIFE_S = 300.0
LOOK_BACK = 20
MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class _Prefix:
    key: bytes
    tokens: int  # of all of it
    breakpoint: bool


class PrefixCache:
    """One account's. *now_s* is a monotonic clock."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._until_s: dict[bytes, float] = {}

    def usage(self, body: Mapping[str, Any], *, minimum_tokens: int) -> dict[str, int]:
        """The counts of the input, which together are all of it; remembers what the request writes."""
        prefixes = list(_prefixes(body))
        marks = [at for at, prefix in enumerate(prefixes) if prefix.breakpoint and prefix.tokens >= minimum_tokens]
        read = max((hit for mark in marks if (hit := self._hit(prefixes, mark)) is not None), default=None)
        for key in [prefixes[mark].key for mark in marks] + ([prefixes[read].key] if read is not None else []):
            self._until_s[key] = self._now_s() + LIFE_S
        self._forget()
        read_tokens = prefixes[read].tokens if read is not None else 0
        written = max((prefixes[mark].tokens for mark in marks), default=0)
        return {
            "input_tokens": (prefixes[-1].tokens if prefixes else 0) - max(written, read_tokens),
            "cache_creation_input_tokens": max(0, written - read_tokens),
            "cache_read_input_tokens": read_tokens,
        }

    def _hit(self, prefixes: Sequence[_Prefix], mark: int) -> int | None:
        now_s = self._now_s()
        for at in range(mark, max(-1, mark - LOOK_BACK - 1), -1):
            if self._until_s.get(prefixes[at].key, now_s) > now_s:
                return at
        return None

    def _forget(self) -> None:
        if len(self._until_s) > MOST_ENTRIES:
            now_s = self._now_s()
            self._until_s = {key: until_s for key, until_s in self._until_s.items() if until_s > now_s}


def _prefixes(body: Mapping[str, Any]) -> Iterator[_Prefix]:
    key, tokens = hashlib.sha256(body["model"].encode()).digest(), 0
    for place, block in _blocks(body):
        content = json.dumps({name: value for name, value in block.items() if name != "cache_control"}, ensure_ascii=False)
        key = hashlib.sha256(key + place.encode() + content.encode(errors="surrogatepass")).digest()
        tokens += tokens_in(content)
        yield _Prefix(key, tokens, bool(block.get("cache_control")))


def _blocks(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for tool in body.get("tools") or ():
        yield "tools", tool
    for block in _as_blocks(body.get("system") or ()):
        yield "system", block
    for message in body["messages"]:
        for block in _as_blocks(message["content"]):
            yield message["role"], block


def _as_blocks(content: str | Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
