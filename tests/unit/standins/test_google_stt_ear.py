"""How marked speech is understood, piece by piece."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from ops.standins.google_stt_ear import CUT_SHORT_MS, Ear, FinalText, Hearing, InterimText, MarkBroken
from ops.standins.phrasebook import phrase
from ops.standins.phrasebook.mark import MARK_MS


def hear_all(pcm: bytes, audio: AudioFormat, piece_ms: int = 100) -> list[tuple[int, Hearing]]:
    """What is told, with the audio position at which it is told."""
    ear, step = Ear(audio.rate_hz), 2 * audio.rate_hz * piece_ms // 1000
    return [(ear.position_ms, heard) for start in range(0, len(pcm), step) for heard in ear.hear(pcm[start : start + step])]


def silence(audio: AudioFormat, length_ms: int) -> bytes:
    return audio.silence * (length_ms // 20)


@pytest.mark.parametrize("audio", [SLIN8, SLIN16], ids=["8k", "16k"])
def test_words_are_told_while_they_are_spoken_and_the_whole_at_the_end(audio: AudioFormat) -> None:
    said = phrase("winter_tyres_camry")
    told = hear_all(silence(audio, 500) + said.pcm(audio) + silence(audio, 200), audio)
    *interims, (final_at, final) = told
    assert isinstance(final, FinalText)
    assert final.text == said.text
    assert 0 <= final_at - (500 + said.duration_ms) <= 110
    assert final.end_ms == pytest.approx(500 + said.duration_ms, abs=10)
    texts = [heard.text for _, heard in interims if isinstance(heard, InterimText)]
    assert texts[0] == "Добрий"
    assert texts[-1] == said.text
    assert len(texts) >= 6
    assert 500 + MARK_MS - 20 <= interims[0][0] <= 500 + MARK_MS + 120


@given(cuts=st.lists(st.integers(1, 60_000), max_size=80))
@settings(max_examples=30, deadline=None)
def test_pieces_of_any_length_end_in_the_same_text(cuts: list[int]) -> None:
    pcm = phrase("yes").pcm(SLIN16) + silence(SLIN16, 200)
    ear, edges = Ear(16_000), sorted({0, len(pcm), *(cut for cut in cuts if cut < len(pcm))})
    told = [heard for begin, end in itertools.pairwise(edges) for heard in ear.hear(pcm[begin:end])]
    assert [heard.text for heard in told if isinstance(heard, FinalText)] == [phrase("yes").text]


def test_speech_that_stops_early_ends_as_the_words_spoken() -> None:
    said = phrase("winter_tyres_camry")
    pcm = said.pcm(SLIN16)[: 32 * 2_500]
    told = hear_all(pcm + silence(SLIN16, 1_500), SLIN16)
    at_ms, final = told[-1]
    assert isinstance(final, FinalText)
    assert said.text.startswith(final.text)
    assert final.text != said.text
    assert at_ms <= 2_500 + CUT_SHORT_MS + 200


def test_pauses_inside_the_longest_phrase_do_not_end_it() -> None:
    told = hear_all(phrase("monologue").pcm(SLIN16) + silence(SLIN16, 200), SLIN16)
    assert [heard.text for _, heard in told if isinstance(heard, FinalText)] == [phrase("monologue").text]


def test_a_phrase_that_begins_in_another_ends_the_other() -> None:
    pcm = phrase("winter_tyres_camry").pcm(SLIN16)[: 32 * 2_000] + phrase("stop_wait").pcm(SLIN16) + silence(SLIN16, 200)
    finals = [heard for _, heard in hear_all(pcm, SLIN16) if isinstance(heard, FinalText)]
    assert [final.phrase.key for final in finals] == ["winter_tyres_camry", "stop_wait"]
    assert finals[0].text != phrase("winter_tyres_camry").text
    assert finals[1].text == phrase("stop_wait").text


def test_a_lost_frame_in_the_mark_is_told_and_nothing_is_recognised() -> None:
    pcm = phrase("yes").pcm(SLIN16)
    told = hear_all(pcm[: 640 * 8] + pcm[640 * 9 :] + silence(SLIN16, 200), SLIN16)
    assert [type(heard) for _, heard in told] == [MarkBroken]


@pytest.mark.parametrize("audio", [SLIN8, SLIN16], ids=["8k", "16k"])
def test_silence_and_a_cough_are_nothing(audio: AudioFormat) -> None:
    assert hear_all(silence(audio, 2_000) + phrase("cough").pcm(audio) + silence(audio, 500), audio) == []
