"""One stretch of the agent's speech: clauses in, audio on the line, and exactly what was heard of them.

    clauses ─► bounded queue ─► Voice ─► one Playback per clause ─► Line
                                  └─ at most two clauses ahead of the caller's ear

While a clause plays, the next is synthesised; not more, because a barge-in throws it away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from agent.errors import VoiceFailed
from agent.ports import Line, Playback, Voice
from agent.spoken import heard_part
from agent.streams import closing
from agent.tasks import Spawn

_MS_PER_CHARACTER = 65  # of Ukrainian speech: stands in for the length of a clause whose synthesis was cut short
_PIECE_TIMEOUT_S = 3.5  # behind the limits of the adapters and before 4 s, in which the caller must hear something
_AHEAD = 2  # clauses in playing and readiness


@dataclass(slots=True)
class Clause:
    text: str
    round_index: int
    playback: Playback | None = None  # from its first audio on: until then nothing waits behind it on the line
    fed_bytes: int = 0
    complete: bool = False

    @property
    def heard_ms(self) -> int:
        return self.playback.heard_ms if self.playback else 0

    async def played(self) -> None:
        """Wait until the line is done with it; one without any sound is done at once."""
        if self.playback is not None:
            await self.playback.done()


@dataclass(slots=True)
class SpeechTimes:
    """When the first of it happened, in ms of the loop's clock."""

    clause_ms: int | None = None
    audio_ms: int | None = None
    sent_ms: int | None = None


def _nothing(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of a speech, in the event loop; each returns at once."""

    audio: Callable[[Speech], None] = _nothing  # its first audio is there and will be queued now
    started: Callable[[Speech], None] = _nothing  # a clause began after silence or after another one
    drained: Callable[[Speech], None] = _nothing  # all there was has been played; it is not over
    clause: Callable[[str, bool], None] = _nothing  # a clause's words begin to be heard (True), are over or were cut (False)


class Speech:
    """Owned by one task that runs ``run``; ``say`` and ``end`` are called by whoever makes the words."""

    def __init__(self, line: Line, voice: Voice, *, spawn: Spawn, now_ms: Callable[[], int], told: Listeners | None = None) -> None:
        self._line = line
        self._voice = voice
        self._spawn = spawn
        self._now_ms = now_ms
        self._told = told or Listeners()
        self._waiting: asyncio.Queue[tuple[str, int] | None] = asyncio.Queue(32)
        self._clauses: list[Clause] = []
        self._ended = False
        self.times = SpeechTimes()

    async def say(self, text: str, round_index: int = 0) -> None:
        if self.times.clause_ms is None:
            self.times.clause_ms = self._now_ms()
        await self._waiting.put((text, round_index))

    async def end(self) -> None:
        """No more clauses will come."""
        self._ended = True
        await self._waiting.put(None)

    async def run(self) -> None:
        """Speak until ``end`` and the last frame was played; raises ``VoiceFailed``."""
        while (item := await self._waiting.get()) is not None:
            if len(self._clauses) >= _AHEAD:
                await self._clauses[-_AHEAD].played()
            clause = Clause(*item)
            self._clauses.append(clause)
            await self._synthesise(clause)
        await asyncio.sleep(0)  # what was heard at once, in another process, is over before ``_watch`` has told that it began
        for clause in self._clauses[-_AHEAD:]:
            await clause.played()

    async def _synthesise(self, clause: Clause) -> None:
        async with closing(self._voice.speak(clause.text, self._line.format)) as pieces:
            while (piece := await _next(pieces)) is not None:
                if clause.playback is None:
                    clause.playback = self._begin(clause)
                clause.playback.feed(piece)
                clause.fed_bytes += len(piece)
        clause.complete = True
        if clause.playback is not None:
            clause.playback.finish()

    def _begin(self, clause: Clause) -> Playback:
        """Its first audio is there."""
        if self.times.audio_ms is None:
            self.times.audio_ms = self._now_ms()
            self._told.audio(self)
        playback = self._line.play()
        self._spawn(self._watch(clause, playback), "speech-watch")  # ends by itself: a playback is always done one day
        return playback

    async def _watch(self, clause: Clause, playback: Playback) -> None:
        """Tell when a clause begins after silence and when nothing is left to play."""
        if not await playback.started():
            return
        if self.times.sent_ms is None:
            self.times.sent_ms = self._now_ms()
        self._told.started(self)
        self._told.clause(clause.text, True)
        await playback.done()
        self._told.clause(clause.text, False)
        if clause is self._clauses[-1] and self._waiting.empty() and not self._ended:
            self._told.drained(self)

    # What was heard.

    @property
    def waits_on_line(self) -> bool:
        """There is audio that has not left for the caller yet."""
        return any(self._line.format.duration_ms(clause.fed_bytes) > clause.heard_ms for clause in self._clauses)

    @property
    def heard_ms(self) -> int:
        return sum(clause.heard_ms for clause in self._clauses)

    @property
    def heard_whole(self) -> bool:
        """Nothing was cut off; a clause without any sound, such as a lone dash, does not count."""
        sounding = [clause for clause in self._clauses if clause.fed_bytes or not clause.complete]
        return all(self._heard(clause) == clause.text for clause in sounding)

    @property
    def over(self) -> bool:
        """All that it is to say was heard."""
        return self._ended and self._waiting.empty() and self.heard_whole

    def heard_by_round(self) -> dict[int, str]:
        heard: dict[int, str] = {}
        for clause in self._clauses:
            part = self._heard(clause)
            if part:
                heard[clause.round_index] = f"{heard.get(clause.round_index, '')} {part}".strip()
        return heard

    @property
    def heard_text(self) -> str:
        return " ".join(part for clause in self._clauses if (part := self._heard(clause)))

    @property
    def text(self) -> str:
        return " ".join(clause.text for clause in self._clauses)

    def _heard(self, clause: Clause) -> str:
        total_ms = self._line.format.duration_ms(clause.fed_bytes)
        if not clause.complete:
            # A cut in the middle of the synthesis: what came so far is not the whole clause.
            total_ms = max(total_ms + 1, len(clause.text) * _MS_PER_CHARACTER)
        return heard_part(clause.text, clause.heard_ms, total_ms)


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    try:
        async with asyncio.timeout(_PIECE_TIMEOUT_S):
            return await anext(pieces)
    except StopAsyncIteration:
        return None
    except TimeoutError:
        raise VoiceFailed(f"no audio for {_PIECE_TIMEOUT_S} s") from None
