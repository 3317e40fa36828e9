"""One engine, one thread, many who want speech."""

import asyncio
import threading

import numpy as np
import pytest

from ops.standins.voices.engine import EngineFailed, Sink, Speech
from ops.standins.voices.espeak import Espeak
from ops.standins.voices.worker import MAX_WAITING, Synthesizer

HELLO = Speech("Добрий день", "natalia")


class Hum:
    """Hums for 100 ms a letter, at 16 kHz; goes on only when let."""

    name = "hum"

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.spoken: list[str] = []
        self.stopped_early: list[str] = []
        self.inside = 0

    def speak(self, speech: Speech, sink: Sink) -> None:
        self.inside += 1
        assert self.inside == 1, "entered twice"
        self.spoken.append(speech.text)
        if speech.speaker == "nobody":
            self.inside -= 1
            raise EngineFailed("no voice nobody")
        for _ in speech.text:
            if not sink(np.full(1600, 1000, "<i2").tobytes(), 16_000):
                self.stopped_early.append(speech.text)
                break
            self.may_go_on.wait(5)
        self.inside -= 1


@pytest.fixture
def hum() -> Hum:
    return Hum()


async def whole(voice: Synthesizer, speech: Speech, rate_hz: int = 16_000) -> bytes:
    async with asyncio.timeout(10):
        return b"".join([piece async for piece in voice.speak(speech, rate_hz)])


async def test_speech_comes_at_the_rate_asked_for(hum: Hum) -> None:
    voice = Synthesizer(hum)
    assert len(await whole(voice, HELLO)) == 2 * 1600 * len(HELLO.text)
    assert len(await whole(voice, HELLO, 8_000)) == 2 * 800 * len(HELLO.text)


async def test_the_first_pieces_come_before_the_last_are_spoken(hum: Hum) -> None:
    hum.may_go_on.clear()
    pieces = aiter(Synthesizer(hum).speak(HELLO, 16_000))
    assert await asyncio.wait_for(anext(pieces), 5)
    hum.may_go_on.set()
    assert [piece async for piece in pieces]


async def test_the_same_speech_is_spoken_once(hum: Hum) -> None:
    voice = Synthesizer(hum)
    assert await whole(voice, HELLO) == await whole(voice, HELLO)
    assert hum.spoken == [HELLO.text]


async def test_many_at_once_wait_for_the_one_engine(hum: Hum) -> None:
    voice = Synthesizer(hum)
    speeches = [Speech("а" * length, "natalia") for length in range(1, 9)]
    spoken = await asyncio.gather(*(whole(voice, speech) for speech in speeches))
    assert [len(pcm) // 3200 for pcm in spoken] == list(range(1, 9))


async def test_abandoned_speech_stops_the_engine_and_is_not_kept(hum: Hum) -> None:
    voice = Synthesizer(hum)
    hum.may_go_on.clear()
    speech = voice.speak(HELLO, 16_000)
    await asyncio.wait_for(anext(speech), 5)
    await speech.aclose()
    hum.may_go_on.set()
    await whole(voice, Speech("далі", "natalia"))
    assert hum.stopped_early == [HELLO.text]
    assert len(await whole(voice, HELLO)) == 2 * 1600 * len(HELLO.text)


async def test_a_failing_engine_is_told_and_goes_on_with_the_next(hum: Hum) -> None:
    voice = Synthesizer(hum)
    with pytest.raises(EngineFailed, match="nobody"):
        await whole(voice, Speech("хто", "nobody"))
    assert await whole(voice, HELLO)


async def test_more_than_the_queue_holds_is_refused(hum: Hum) -> None:
    voice = Synthesizer(hum)
    hum.may_go_on.clear()
    waiting = [asyncio.create_task(whole(voice, Speech(f"раз {number}", "natalia"))) for number in range(MAX_WAITING + 5)]
    done, _ = await asyncio.wait(waiting, timeout=5, return_when=asyncio.FIRST_EXCEPTION)
    assert isinstance(next(iter(done)).exception(), EngineFailed)
    hum.may_go_on.set()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("speaker", ["natalia", "irina"])
async def test_espeak_speaks_ukrainian_and_russian_without_anything_installed(speaker: str) -> None:
    pcm = await whole(Synthesizer(Espeak()), Speech("Добрий день, Мішлен", speaker))
    samples = np.frombuffer(pcm, "<i2").astype(float)
    assert 0.8 < len(samples) / 16_000 < 3
    assert np.sqrt((samples**2).mean()) > 300
