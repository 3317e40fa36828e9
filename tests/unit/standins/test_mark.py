"""The mark through what a telephone network does to audio."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.caller.g711 import ULAW
from ops.standins.phrasebook.mark import GAP_MS, LEVEL, MARK_MS, RATE_HZ, Mark, MarkFinder, Samples, at_mark_rate, encode

SYNC_MS, SYMBOL_MS, SYMBOLS = 60, 25, 16
WIDE_HZ = 16_000


def narrow(samples: Samples) -> Samples:
    """16 kHz brought to 8 kHz and through mu-law."""
    wide = (samples.clip(-1, 1) * 32767).astype("<i2").tobytes()
    pcm = (at_mark_rate(wide, WIDE_HZ) * 32767).astype("<i2").tobytes()
    return at_mark_rate(ULAW.decode(ULAW.encode(pcm)), RATE_HZ)


def utterance(ident: int, random: np.random.Generator, lead: int, snr_db: float = 60) -> Samples:
    """At 16 kHz: *lead* samples of line noise, the mark, something like speech, noise again."""
    speech = 0.15 * random.normal(size=WIDE_HZ // 2)
    clean = np.concatenate([np.zeros(lead), encode(ident, WIDE_HZ), speech, np.zeros(3200)])
    noise = random.normal(size=len(clean)) * LEVEL / np.sqrt(2) / 10 ** (snr_db / 20)
    return np.asarray(clean + noise, np.float32)


def found_in(samples: Samples, piece: int = 800) -> list[Mark]:
    """What the finder tells when it is fed in pieces of 100 ms."""
    finder = MarkFinder()
    return [mark for start in range(0, len(samples), piece) for mark in finder.feed(samples[start : start + piece])]


@given(ident=st.integers(0, 0xFFFF), lead=st.integers(0, 9000), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("snr_db", [60, 20, 10])
def test_the_mark_is_read_through_mu_law_and_noise(snr_db: float, ident: int, lead: int, seed: int) -> None:
    audio = narrow(utterance(ident, np.random.default_rng(seed), lead, snr_db))
    (mark,) = [mark for mark in found_in(audio) if mark.ident is not None]
    assert mark.ident == ident
    assert abs(mark.end - (lead / 2 + MARK_MS * RATE_HZ / 1000)) <= RATE_HZ * 3 / 1000


@given(ident=st.integers(0, 0xFFFF), cuts=st.lists(st.integers(1, 12_000), max_size=60))
@settings(max_examples=60, deadline=None)
def test_pieces_of_any_length_give_the_same(ident: int, cuts: list[int]) -> None:
    audio = narrow(utterance(ident, np.random.default_rng(1), 1234, 20))
    finder, found = MarkFinder(), []
    edges = sorted({0, len(audio), *(cut for cut in cuts if cut < len(audio))})
    for begin, end in itertools.pairwise(edges):
        found += finder.feed(audio[begin:end])
    assert found == found_in(audio, len(audio))
    assert [mark.ident for mark in found] == [ident]


@given(ident=st.integers(0, 0xFFFF), symbol=st.integers(0, SYMBOLS - 2), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_frame_lost_inside_the_mark_never_names_another_utterance(ident: int, symbol: int, seed: int) -> None:
    lead = 3200
    audio = utterance(ident, np.random.default_rng(seed), lead)
    lost = lead + (SYNC_MS + symbol * SYMBOL_MS) * WIDE_HZ // 1000
    whole = found_in(narrow(np.delete(audio, slice(lost, lost + 320))))
    assert {mark.ident for mark in whole} <= {ident, None}


def test_a_frame_lost_or_repeated_inside_the_mark_is_noticed() -> None:
    random = np.random.default_rng(3)
    read = broken = 0
    for _ in range(200):
        ident, symbol = int(random.integers(0, 0x10000)), int(random.integers(1, SYMBOLS - 2))
        audio, at = utterance(ident, random, 3200, 20), 3200 + (SYNC_MS + symbol * SYMBOL_MS) * 16
        if random.integers(2):
            damaged = np.delete(audio, slice(at, at + 320))
        else:
            damaged = np.concatenate([audio[:at], audio[at - 320 : at], audio[at:]])
        idents = [mark.ident for mark in found_in(narrow(damaged))]
        read += idents != [None]
        broken += idents == [None]
    assert broken >= 198, f"{read} of 200 damaged marks were read"


def test_marks_that_follow_each_other_are_each_found() -> None:
    random = np.random.default_rng(4)
    audio = np.concatenate([utterance(ident, random, 500, 20) for ident in (1, 2, 3)])
    assert [mark.ident for mark in found_in(narrow(audio))] == [1, 2, 3]


@given(seed=st.integers(0, 2**32 - 1), loudness=st.floats(0, 0.5), hz=st.floats(100, 3400))
@settings(max_examples=60, deadline=None)
def test_noise_and_whistles_name_nothing(seed: int, loudness: float, hz: float) -> None:
    random = np.random.default_rng(seed)
    at = np.arange(3 * RATE_HZ) / RATE_HZ
    audio = (loudness * random.normal(size=len(at)) + 0.2 * np.sin(2 * np.pi * hz * at)).astype(np.float32)
    assert [mark.ident for mark in found_in(audio) if mark.ident is not None] == []


def test_a_mark_ends_with_its_gap() -> None:
    assert len(encode(5, WIDE_HZ)) == MARK_MS * 16
    assert not encode(5, WIDE_HZ)[-GAP_MS * 16 :].any()
