"""How the stand-in recogniser understands marked speech: audio in, words out, exact and nearly free.

    ── silence ──┬─ mark ─┬─ Доброго ─ дня, ─ мені ─ потрібні ─ шини ─┬─ silence ──
                 │        └ first interim: one word      │            └ final: the whole text
                 │                                       └ further interims as the words are spoken
                 └ nothing is known yet

The mark counts as the beginning of speech, so the first word is told as soon as the mark is read. Where the words lie is
taken from their lengths. Speech that stops before its end (somebody was interrupted) ends as a final of the words
that were spoken. Pure: the only time is that of the audio.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np

from ops.standins.phrasebook import Phrase, by_ident
from ops.standins.phrasebook.mark import QUIET_RMS, RATE_HZ, MarkFinder, Samples, at_mark_rate

CUT_SHORT_MS: Final = 700
"""Silence inside a phrase after which it counts as broken off; the longest pause inside one is 370 ms."""
_WINDOW: Final = RATE_HZ // 50


@dataclass(frozen=True, slots=True)
class InterimText:
    phrase: Phrase
    text: str


@dataclass(frozen=True, slots=True)
class FinalText:
    phrase: Phrase
    text: str
    end_ms: int  # of the audio heard since the ear was made


@dataclass(frozen=True, slots=True)
class MarkBroken:
    """Audio was lost or doubled inside a mark, or an unknown utterance was marked."""

    at_ms: int


Hearing = InterimText | FinalText | MarkBroken


class _Speaking:
    """A phrase whose mark was read; positions count samples at 8 kHz."""

    def __init__(self, phrase: Phrase, begin: int) -> None:
        self.phrase, self.begin = phrase, begin
        self.end = begin + phrase.speech_ms * RATE_HZ // 1000
        self.words = phrase.text.split()
        spoken = itertools.accumulate(len(word) + 1 for word in self.words)
        length = len(phrase.text) + 1
        self._word_ends = [begin + letters * (self.end - begin) // length for letters in spoken]
        self.told = 0

    def words_by(self, position: int) -> int:
        """How many words were spoken; the first counts from the start."""
        return max(1, sum(end <= position for end in self._word_ends))

    def text_by(self, position: int) -> str:
        return " ".join(self.words[: self.words_by(position)])


class Ear:
    """Listens to one stream of 16-bit PCM."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._odd = b""  # bytes too few for one sample at 8 kHz
        self._finder = MarkFinder()
        self._position = 0
        self._voiced = 0  # end of the last window that was not silent
        self._speaking: _Speaking | None = None

    @property
    def position_ms(self) -> int:
        """Audio heard so far."""
        return self._position * 1000 // RATE_HZ

    @property
    def speaking(self) -> Phrase | None:
        """The marked phrase that is being spoken."""
        return self._speaking.phrase if self._speaking else None

    @property
    def half_said(self) -> bool:
        """Somebody is in the middle of a phrase."""
        now = self._speaking
        return now is not None and self._position >= (now.begin + now.end) // 2

    def hear(self, pcm: bytes) -> list[Hearing]:
        """What became clear with *pcm*, in order."""
        pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % (2 * self._rate_hz // RATE_HZ)
        self._odd = pcm[whole:]
        samples = at_mark_rate(pcm[:whole], self._rate_hz)
        self._note_voice(samples)
        self._position += len(samples)
        found: list[Hearing] = []
        for mark in self._finder.feed(samples):
            phrase = by_ident().get(mark.ident) if mark.ident is not None else None
            if phrase is None:
                found.append(MarkBroken(mark.end * 1000 // RATE_HZ))
                continue
            found += self._ended(mark.end)
            self._speaking = _Speaking(phrase, mark.end)
        return found + self._progress()

    def _note_voice(self, samples: Samples) -> None:
        windows = samples[: len(samples) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
        loud = np.flatnonzero(np.einsum("ij,ij->i", windows, windows) > QUIET_RMS**2 * _WINDOW)
        if len(loud):
            self._voiced = self._position + (int(loud[-1]) + 1) * _WINDOW

    def _progress(self) -> list[Hearing]:
        now = self._speaking
        if now is None:
            return []
        if self._position >= now.end:
            return self._ended(now.end)
        if self._position - max(self._voiced, now.begin) > CUT_SHORT_MS * RATE_HZ // 1000:
            return self._ended(max(self._voiced, now.begin))
        if now.words_by(self._position) > now.told:
            now.told = now.words_by(self._position)
            return [InterimText(now.phrase, now.text_by(self._position))]
        return []

    def _ended(self, position: int) -> list[Hearing]:
        """The phrase being spoken, if any, ends at *position*, or at its own end before that."""
        now, self._speaking = self._speaking, None
        if now is None:
            return []
        position = min(position, now.end)
        text = now.text_by(position)
        return [InterimText(now.phrase, text), FinalText(now.phrase, text, position * 1000 // RATE_HZ)]
