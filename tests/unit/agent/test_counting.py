from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from agent.cached_voice import CachedVoice
from agent.counting import CountedModel, CountedRecognizer, CountedVoice, Service, Went
from agent.errors import ModelFailed, RecognizerFailed, VoiceFailed
from agent.ports import Model, ModelRequest, ReplyEnded, Streams, TextDelta
from agent.prompt.phrases import PHRASES
from agent.streams import closing
from audiosocket.audio import SLIN16, AudioFormat
from tests.fakes.clock import virtual_time
from tests.fakes.services import FakeModel, FakeRecognition, FakeRecognizer, FakeVoice, says

HELLO = ModelRequest("", [{"role": "user", "content": "Добрий день"}], [])


class Requests(Counter[tuple[Service, Went]]):
    def __call__(self, service: Service, went: Went, count: int = 1) -> None:
        self[service, went] += count


class Claude(FakeModel):
    metered_for: Callable[[Mapping[str, int]], None] | None = None

    def metered(self, replied: Callable[[Mapping[str, int]], None]) -> Model:
        self.metered_for = replied
        return self


@virtual_time
async def test_a_synthesised_text_a_broken_one_and_one_that_was_cut_off_are_told_apart() -> None:
    requests, service = Requests(), FakeVoice()
    voice = CountedVoice(service, requests)
    async for _ in voice.speak("Так.", SLIN16):
        pass
    async with closing(voice.speak("Ні.", SLIN16)) as pieces:
        await anext(pieces)
    service.fails = VoiceFailed("no audio for 3 s")
    with pytest.raises(VoiceFailed):
        async for _ in voice.speak("Так.", SLIN16):
            pass
    assert requests == {("tts", "answered"): 1, ("tts", "cut_off"): 1, ("tts", "failed"): 1}


@virtual_time
async def test_a_phrase_from_the_cache_is_no_request() -> None:
    requests = Requests()
    voice = CachedVoice(CountedVoice(FakeVoice(), requests), bundled=lambda text, audio: None)
    for _ in range(3):
        async for _ in voice.speak(PHRASES["goodbye"], SLIN16):
            pass
    assert requests == {("tts", "answered"): 1}


@virtual_time
async def test_a_reply_that_came_at_the_second_attempt_is_one_failure_and_one_answer() -> None:
    requests = Requests()
    model = CountedModel(Claude([TextDelta("Так."), ReplyEnded("end_turn", retries=1)]), requests)
    async for _ in model.reply(HELLO):
        pass
    assert +requests == {("model", "failed"): 1, ("model", "answered"): 1}


@virtual_time
async def test_a_reply_is_counted_also_behind_the_meter_of_one_call() -> None:
    requests, service = Requests(), Claude(says("Так."), [ModelFailed("529")], says("Добрий день"))
    metered = CountedModel(service, requests).metered(lambda usage: None)
    assert service.metered_for is not None
    async for _ in metered.reply(HELLO):
        pass
    with pytest.raises(ModelFailed):
        async for _ in metered.reply(HELLO):
            pass
    async with closing(metered.reply(HELLO)) as parts:
        await anext(parts)
    assert +requests == {("model", "answered"): 1, ("model", "failed"): 1, ("model", "cut_off"): 1}


class ReopenedRecognition(FakeRecognition):
    streams = Streams(opened=3, failed=2)


class ReopenedRecognizer(FakeRecognizer):
    @asynccontextmanager
    async def open(self, audio: AudioFormat) -> AsyncIterator[FakeRecognition]:
        yield ReopenedRecognition(self)


@virtual_time
async def test_a_recognisers_streams_are_counted_when_the_talk_lets_go_of_it_however_it_ends() -> None:
    requests = Requests()

    async def talk() -> None:
        async with CountedRecognizer(ReopenedRecognizer(), requests).open(SLIN16):
            assert not requests
            raise RecognizerFailed("twice")

    with pytest.raises(RecognizerFailed):
        await talk()
    assert requests == {("stt", "answered"): 1, ("stt", "failed"): 2}
