"""Our own voice on the way back, with the real voices: the bundled phrases as ours, the phrasebook as the caller."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.echo_sound import SoundEcho
from agent.endpointing import Endpointer, SpeechBegan
from agent.prompt.phrases import PHRASES
from agent.prompt.rendered import phrase_pcm
from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from audiosocket.resample import resample
from ops.caller.g711 import ALAW, ULAW, Law
from ops.standins.phrasebook import phrase
from ops.standins.phrasebook.mark import MARK_MS

Samples = NDArray[np.float64]
HIS = ("operator", "in_stock", "stop_wait", "size_205_55_r16", "ru_price_of_set", "delivery_kyiv")


@functools.cache
def ours() -> list[Samples]:
    bundled = [phrase_pcm(key, SLIN16.rate_hz) for key in PHRASES]
    return [np.frombuffer(pcm, "<i2").astype(np.float64) for pcm in bundled if pcm]


def his(key: str) -> Samples:
    return np.frombuffer(phrase(key).pcm(SLIN16), "<i2").astype(np.float64)[MARK_MS * 16 :]


def over_the_trunk(samples: Samples, law: Law = ULAW) -> Samples:
    narrow = resample(np.clip(samples, -32768, 32767).astype("<i2").tobytes(), SLIN16, SLIN8)
    return np.frombuffer(resample(law.decode(law.encode(narrow)), SLIN8, SLIN16), "<i2").astype(np.float64)


def echoed(samples: Samples, down_db: float, delay_ms: int) -> Samples:
    return np.concatenate([np.zeros(delay_ms * 16), samples * 10 ** (-down_db / 20)])


def frames(samples: Samples, audio: AudioFormat = SLIN16) -> list[bytes]:
    pcm = np.clip(samples, -32768, 32767).astype("<i2").tobytes()
    return [pcm[at : at + audio.frame_bytes] for at in range(0, len(pcm) - audio.frame_bytes + 1, audio.frame_bytes)]


def onsets(sent: list[bytes], heard: list[bytes], audio: AudioFormat = SLIN16) -> list[int]:
    """When sounds of his were told, in ms of the stream."""
    echo, endpointer, told = SoundEcho(audio), Endpointer(), []
    for number, frame in enumerate(heard):
        now_ms = (number + 1) * 20
        echo.sent(sent[number] if number < len(sent) else audio.silence)
        echo.heard(frame, now_ms)
        if isinstance(endpointer.frame(frame, now_ms, echo.explains), SpeechBegan):
            told.append(now_ms)
    return told


@pytest.mark.parametrize("law", [ULAW, ALAW])
def test_no_echo_of_our_voice_begins_a_sound(law: Law) -> None:
    chance = np.random.default_rng(11)
    for samples in ours():
        back = over_the_trunk(echoed(samples, chance.uniform(15, 45), int(chance.integers(20, 400))), law)
        assert onsets(frames(samples), frames(back)) == []


def test_without_the_knowledge_of_what_we_sent_the_same_echo_would() -> None:
    samples = ours()[0]
    back = frames(over_the_trunk(echoed(samples, 25, 150)))
    assert onsets([SLIN16.silence] * len(back), back), "else the test above proves nothing"


def test_the_callers_own_voice_over_ours_is_told_within_100_ms() -> None:
    chance = np.random.default_rng(12)
    late = []
    for number, samples in enumerate(ours()[:8]):
        voice = his(HIS[number % len(HIS)]) * 10 ** (chance.uniform(-5, 0) / 20)
        late += _told_after_ms(samples, voice, with_echo=False)
    assert max(late) <= 100


def test_the_callers_own_voice_is_told_over_an_echo_as_well() -> None:
    late = []
    for number, samples in enumerate(ours()[:8]):
        late += _told_after_ms(samples, his(HIS[number % len(HIS)]), with_echo=True)
    assert sorted(late)[len(late) // 2] <= 100
    assert max(late) <= 300


def _told_after_ms(samples: Samples, voice: Samples, *, with_echo: bool) -> list[int]:
    """He begins 700 ms into our phrase; measured against what the endpointer alone makes of his voice."""
    at = 700 * 16
    length = max(len(samples), at + len(voice))
    alone = np.zeros(length)
    alone[at : at + len(voice)] = voice
    mixed = alone.copy()
    if with_echo:
        back = echoed(samples, 20, 120)[:length]
        mixed[: len(back)] += back
    nothing = [SLIN16.silence] * (length // 320)
    began_ms = onsets(nothing, frames(over_the_trunk(alone)))[0] - 60
    told = [ms for ms in onsets(frames(samples), frames(over_the_trunk(mixed))) if ms > began_ms]
    assert told, "he was not heard at all"
    return [told[0] - began_ms]


def test_a_line_of_8_khz_has_no_echo_either() -> None:
    narrow = resample(ours()[0].astype("<i2").tobytes(), SLIN16, SLIN8)
    samples = np.frombuffer(narrow, "<i2").astype(np.float64)
    back = np.concatenate([np.zeros(100 * 8), samples * 0.1])
    assert onsets(frames(samples, SLIN8), frames(back, SLIN8), SLIN8) == []


def test_a_tick_that_comes_sooner_or_later_does_not_make_an_echo_a_voice() -> None:
    samples = ours()[0]
    sent, back = frames(samples), frames(over_the_trunk(echoed(samples, 20, 100)))
    jittered = [back[number - 1 if number // 25 % 2 else number] for number in range(1, len(sent))]
    assert len(onsets(sent[1:], jittered)) <= 1


def test_while_we_are_silent_nothing_is_an_echo() -> None:
    assert onsets([SLIN16.silence] * 200, frames(his("operator")))[0] <= 200


def test_silence_itself_is_no_echo() -> None:
    echo = SoundEcho(SLIN16)
    echo.sent(frames(ours()[0])[20])
    echo.heard(SLIN16.silence, 20)
    assert not echo.explains()
