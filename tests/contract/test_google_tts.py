"""The Google voice against the protocol: the real client library, a server process with the real protos."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from agent.adapters.google_tts import GoogleVoice, google_voice
from agent.errors import VoiceFailed
from agent.ports import Voice
from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from tests.contract.google_standin import Standin, free_port, standin

CLAUSE = "Маємо зимові шини Мішлен у вашому розмірі."


@pytest.fixture(scope="module")
def process() -> Iterator[Standin]:
    with standin("google_tts", "--engine", "espeak") as running:
        yield running


@pytest.fixture
def google(process: Standin) -> Standin:
    process.fresh()
    return process


@pytest.fixture
async def voice(google: Standin) -> AsyncIterator[GoogleVoice]:
    async with google_voice(endpoint=google.endpoint, voice="uk-UA-Chirp3-HD-Aoede", first_audio_timeout_s=1, gap_timeout_s=0.5) as voice:
        yield voice


async def say(voice: Voice, text: str = CLAUSE, audio: AudioFormat = SLIN16) -> bytes:
    async with asyncio.timeout(10):
        return b"".join([pcm async for pcm in voice.speak(text, audio)])


async def until_ended(google: Standin) -> str:
    async with asyncio.timeout(5):
        while google.served("synthesis")[-1]["outcome"] is None:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)
    return str(google.served("synthesis")[-1]["outcome"])


async def test_a_clause_is_spoken_at_the_lines_rate(voice: GoogleVoice) -> None:
    wide, narrow = await say(voice), await say(voice, audio=SLIN8)
    assert 1_500 < SLIN16.duration_ms(len(wide)) < 8_000
    assert SLIN8.duration_ms(len(narrow)) == pytest.approx(SLIN16.duration_ms(len(wide)), abs=60)
    samples = np.frombuffer(wide, "<i2")
    assert np.sqrt((samples.astype(float) ** 2).mean()) > 300, "that is silence"


async def test_a_hurried_voice_takes_less_time_for_the_same_words(google: Standin, voice: GoogleVoice) -> None:
    usual = await say(voice)
    google.set(speed=2.0)
    assert 0.4 < len(await say(voice)) / len(usual) < 0.65


async def test_audio_comes_in_whole_samples_and_pieces(voice: GoogleVoice) -> None:
    pieces = [pcm async for pcm in voice.speak(CLAUSE, SLIN16)]
    assert len(pieces) > 5
    assert all(len(piece) % 2 == 0 for piece in pieces)


async def test_the_same_clause_again_sounds_the_same(voice: GoogleVoice) -> None:
    assert await say(voice) == await say(voice)


async def test_clauses_at_once_do_not_mix(voice: GoogleVoice) -> None:
    clauses = ["Добрий день!", "Секунду, шукаю для вас.", "Чотири шини, дванадцять тисяч гривень.", CLAUSE]
    one_by_one = [await say(voice, clause, SLIN8) for clause in clauses]
    together = await asyncio.gather(*(say(voice, clause, SLIN8) for clause in clauses))
    assert together == one_by_one


async def test_the_first_audio_waits_for_the_latency_asked_for_and_the_log_tells_it(google: Standin, voice: GoogleVoice) -> None:
    google.set(latency_ms=300)
    began = time.monotonic()
    async for _ in voice.speak(CLAUSE, SLIN16):
        break
    assert 0.3 <= time.monotonic() - began < 0.8
    await say(voice)
    entry = google.served("synthesis")[-1]
    assert 300 <= entry["first_ms"] - entry["arrived_ms"] < 700
    assert entry["detail"]["text"] == CLAUSE


async def test_closing_the_iterator_cancels_the_stream_at_once(google: Standin, voice: GoogleVoice) -> None:
    google.set(stall_next=1)
    speech = voice.speak(CLAUSE, SLIN16)
    await anext(speech)
    began = time.monotonic()
    await speech.aclose()
    assert time.monotonic() - began < 0.1
    assert await until_ended(google) == "cancelled"


async def test_a_cancelled_task_cancels_the_stream(google: Standin, voice: GoogleVoice) -> None:
    google.set(hang_next=1)
    task = asyncio.create_task(say(voice))
    async with asyncio.timeout(5):
        while not google.served("synthesis"):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await until_ended(google) == "cancelled"


async def test_one_refusal_is_retried_two_are_a_failure(google: Standin, voice: GoogleVoice) -> None:
    google.set(refuse_next=1)
    assert await say(voice)
    google.set(refuse_next=2)
    with pytest.raises(VoiceFailed, match="ServiceUnavailable"):
        await say(voice)


async def test_silence_instead_of_the_first_audio_is_a_failure_in_time(google: Standin, voice: GoogleVoice) -> None:
    google.set(hang_next=1)
    began = time.monotonic()
    with pytest.raises(VoiceFailed, match="no audio for 1 s"):
        await say(voice)
    assert 1 <= time.monotonic() - began < 1.5


async def test_speech_that_stalls_is_a_failure_in_time(google: Standin, voice: GoogleVoice) -> None:
    google.set(stall_next=1)
    with pytest.raises(VoiceFailed, match=r"no audio for 0\.5 s"):
        await say(voice)


async def test_speech_that_breaks_off_is_not_begun_again(google: Standin, voice: GoogleVoice) -> None:
    google.set(break_next=1)
    speech = voice.speak(CLAUSE, SLIN16)
    assert await anext(speech)
    with pytest.raises(VoiceFailed, match="Internal error"):
        await anext(speech)
    assert len(google.served("synthesis")) == 1


async def test_text_that_google_would_refuse_is_not_tried_twice(google: Standin, voice: GoogleVoice) -> None:
    with pytest.raises(VoiceFailed, match="InvalidArgument"):
        await say(voice, " ")
    assert len(google.served("synthesis")) == 1


async def test_nobody_there_is_told_in_time() -> None:
    async with google_voice(endpoint=f"127.0.0.1:{free_port()}", voice="uk-UA-Chirp3-HD-Aoede", first_audio_timeout_s=1) as voice:
        with pytest.raises(VoiceFailed):
            await say(voice)
