"""A mark in front of an utterance that names it, so that a stand-in recogniser can be exact in any language.

    | sync 2300 Hz 60 ms | 16 symbols of 25 ms, 4-FSK at 900/1300/1700/2100 Hz | 20 ms silence | speech ...
                           └ 16-bit id, then its CRC-16 (CCITT), most significant bits first ┘

It survives 16 kHz → 8 kHz → mu-law → 16 kHz and noise, and its checksum fails when a 20 ms frame inside it was lost or
repeated: it names the utterance and proves that the audio path was whole. All of it lies in the telephone band.

Pure: samples in, findings out. Everything here runs at 8 kHz; wider audio is halved first (``at_mark_rate``).
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono, -1..1."""

RATE_HZ: Final = 8_000
TONES_HZ: Final = (900.0, 1300.0, 1700.0, 2100.0)
SYNC_HZ: Final = 2300.0
SYNC_MS: Final = 60
SYMBOL_MS: Final = 25
SYMBOLS: Final = 16
GAP_MS: Final = 20
MARK_MS: Final = SYNC_MS + SYMBOLS * SYMBOL_MS + GAP_MS
LEVEL: Final = 0.3

_SYNC: Final = SYNC_MS * RATE_HZ // 1000
_SYMBOL: Final = SYMBOL_MS * RATE_HZ // 1000
_TONED: Final = _SYNC + SYMBOLS * _SYMBOL
_GAP: Final = GAP_MS * RATE_HZ // 1000
_HOP: Final = RATE_HZ // 100
_EDGE: Final = _SYMBOL // 8  # cut off either end of a symbol, where a neighbour may leak in
_BANK: Final = np.exp(-2j * np.pi * np.outer((*TONES_HZ, SYNC_HZ), np.arange(_SYNC) / RATE_HZ)).astype(np.complex64)
_HOPS: Final = _SYNC // _HOP
_ONES: Final = np.ones(_HOPS, np.float32)
_SYNC_TONE: Final = _BANK[4, :_HOP]

QUIET_RMS: Final = 0.004
"""Below this (-48 dBFS) nothing is looked for."""
_PURITY: Final = 0.55
"""The least share of a window's energy that lies in the sync tone; noise at 10 dB leaves 0.9, speech rarely has 0.3."""


def encode(ident: int, rate_hz: int) -> Samples:
    """The mark of *ident* (0..65535) at any rate from 8 kHz; 0.48 s, its closing silence included."""
    payload = ident.to_bytes(2, "big")
    bits = int.from_bytes(payload + binascii.crc_hqx(payload, 0xFFFF).to_bytes(2, "big"), "big")
    tones = [_tone(TONES_HZ[bits >> shift & 3], SYMBOL_MS, rate_hz) for shift in range(2 * SYMBOLS - 2, -2, -2)]
    return np.concatenate([_tone(SYNC_HZ, SYNC_MS, rate_hz), *tones, np.zeros(GAP_MS * rate_hz // 1000, np.float32)])


def _tone(hz: float, length_ms: int, rate_hz: int) -> Samples:
    at = np.arange(length_ms * rate_hz // 1000) / rate_hz
    return (LEVEL * np.sin(2 * np.pi * hz * at)).astype(np.float32)


def at_mark_rate(pcm: bytes, rate_hz: int) -> Samples:
    """16-bit PCM as samples at 8 kHz; *rate_hz* is a multiple of it. A plain mean is filter enough for tones below 2.4 kHz."""
    factor = rate_hz // RATE_HZ
    pcm = pcm[: len(pcm) // (2 * factor) * (2 * factor)]
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    total = sum((samples[phase::factor] for phase in range(1, factor)), start=samples[::factor])
    return np.asarray(total / np.float32(32768 * factor), np.float32)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark found; *end* counts samples at 8 kHz since the finder's first, and speech begins there. None: it was broken."""

    ident: int | None
    end: int


class MarkFinder:
    """Finds marks in audio that comes in pieces of any length; a few microseconds a piece while the line is quiet."""

    def __init__(self) -> None:
        self._kept: Samples = np.zeros(0, np.float32)
        self._start = 0  # number of the first sample kept
        self._searched = 0  # no sync begins before this sample
        self._sync: int | None = None  # a sync tone begins near this sample

    def feed(self, samples: Samples) -> list[Mark]:
        """The marks that became complete with *samples* (8 kHz)."""
        self._kept = np.concatenate([self._kept, samples])
        found: list[Mark] = []
        while (mark := self._next()) is not None:
            found.append(mark)
        self._drop()
        return found

    def _next(self) -> Mark | None:
        if self._sync is None:
            self._sync = self._find_sync()
        if self._sync is None or self._start + len(self._kept) < self._sync + _HOP + _TONED:
            return None
        begin = self._align(self._sync)
        self._sync = None
        ident = _decode(self._kept[begin - self._start :])
        toned = begin + _TONED
        self._searched = begin + _SYNC if ident is None else toned
        return Mark(ident, toned + _GAP)

    def _find_sync(self) -> int | None:
        """The start of the purest sync tone near the first one in what was not searched yet."""
        first = max(self._searched, self._start)
        purity = _purity(self._kept[first - self._start :])
        count = len(purity)
        pure = np.flatnonzero(purity > _PURITY)
        if not len(pure):
            self._searched = first + count * _HOP
            return None
        reach = int(pure[0]) + SYNC_MS // 10
        if reach >= count:  # the best window may still be coming
            self._searched = first + int(pure[0]) * _HOP
            return None
        return first + int(purity[: reach + 1].argmax()) * _HOP

    def _align(self, near: int) -> int:
        """To within a millisecond: where the sync tone is strongest."""
        starts = range(max(self._start, near - _HOP), near + _HOP + 1, RATE_HZ // 1000)
        return max(starts, key=lambda start: abs(complex(_BANK[4] @ self._kept[start - self._start :][:_SYNC])))

    def _drop(self) -> None:
        """Keep only what a mark not yet found may need."""
        needed = min(self._searched, self._sync if self._sync is not None else self._searched) - _HOP
        if (unneeded := needed - self._start) > 0:
            self._kept = self._kept[unneeded:].copy()
            self._start += unneeded


def _purity(samples: Samples) -> Samples:
    """For each window of a sync tone's length, one every 10 ms: the share of its energy in that tone; 0 where it is quiet.

    The tone has 23 whole periods in 10 ms, so that sums over hops add up to sums over windows. No BLAS here: its threads would
    cost a hundred times the work.
    """
    hops = samples[: len(samples) // _HOP * _HOP].reshape(-1, _HOP)
    if len(hops) < _HOPS:
        return np.zeros(0, np.float32)
    energy = np.convolve(np.einsum("ij,ij->i", hops, hops), _ONES, mode="valid")
    loud = energy > QUIET_RMS**2 * _SYNC
    if not loud.any():
        return np.zeros(len(energy), np.float32)
    sync = np.abs(np.convolve(np.einsum("ij,j->i", hops, _SYNC_TONE), _ONES, mode="valid")) ** 2
    return np.where(loud, 2 * sync / (np.maximum(energy, QUIET_RMS**2) * _SYNC), 0).astype(np.float32)


def _decode(samples: Samples) -> int | None:
    """The id in a mark that begins at the first sample; None when its checksum does not fit."""
    symbols = samples[_SYNC:_TONED].reshape(SYMBOLS, _SYMBOL)[:, _EDGE : _SYMBOL - _EDGE]
    strongest = np.abs(symbols @ _BANK[:4, : symbols.shape[1]].T).argmax(axis=1)
    value = 0
    for symbol in strongest:
        value = value << 2 | int(symbol)
    raw = value.to_bytes(4, "big")
    return int.from_bytes(raw[:2], "big") if binascii.crc_hqx(raw[:2], 0xFFFF) == int.from_bytes(raw[2:], "big") else None
