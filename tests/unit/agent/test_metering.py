from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.cached_voice import CachedVoice
from agent.conversation import Caller, Conversation
from agent.cost import Meter, Prices
from agent.metering import MeteredRecognizer, metered, metered_model, metered_voice
from agent.ports import ModelRequest, Voice
from agent.prompt.phrases import PHRASES
from agent.spoken import spoken
from agent.spoken_voice import SpokenVoice
from agent.streams import closing
from audiosocket.audio import SLIN16, AudioFormat
from tests.fakes.clock import virtual_time
from tests.fakes.services import FakeModel, FakeRecognition, FakeRecognizer, FakeVoice, says
from tests.fakes.talk import FakeTalk

HELLO = ModelRequest("", [{"role": "user", "content": "Добрий день"}], [])
PRICE = "Ціна 4690 грн."


async def speak(voice: Voice, text: str) -> None:
    async for _ in voice.speak(text, SLIN16):
        pass


@virtual_time
async def test_what_is_really_sent_to_be_synthesised_is_counted_in_its_spoken_form() -> None:
    meter = Meter()
    voice = metered_voice(CachedVoice(SpokenVoice(FakeVoice())), meter.sent)
    await speak(voice, PHRASES["greeting"])  # prerendered
    assert meter.tts_characters == 0
    await speak(voice, PRICE)
    assert meter.tts_characters == len(spoken(PRICE)) > len(PRICE)


@virtual_time
async def test_a_phrase_costs_the_first_call_alone() -> None:
    shared = CachedVoice(FakeVoice(), bundled=lambda text, audio: None)
    first, second = Meter(), Meter()
    await speak(metered_voice(shared, first.sent), PHRASES["goodbye"])
    await speak(metered_voice(shared, second.sent), PHRASES["goodbye"])
    assert (first.tts_characters, second.tts_characters) == (len(PHRASES["goodbye"]), 0)


@virtual_time
async def test_a_clause_that_was_cut_off_was_sent_whole() -> None:
    meter = Meter()
    async with closing(metered_voice(FakeVoice(), meter.sent).speak(PRICE, SLIN16)) as pieces:
        await anext(pieces)
    assert meter.tts_characters == len(PRICE)


@virtual_time
async def test_a_models_replies_add_up() -> None:
    meter = Meter()
    model = metered_model(FakeModel(says("Так."), says("Ні.")), meter)
    for _ in range(2):
        async for _ in model.reply(HELLO):
            pass
    assert meter.tokens == {"input_tokens": 200, "output_tokens": 20}


@virtual_time
async def test_audio_given_to_a_recogniser_that_tells_nothing_counts_as_streamed() -> None:
    meter = Meter()
    async with MeteredRecognizer(FakeRecognizer(), meter).open(SLIN16) as recognition:
        for _ in range(50):
            recognition.hear(SLIN16.silence)
    assert meter.stt_ms == 1_000


class TellingRecognition(FakeRecognition):
    streamed_ms = 2_400


class TellingRecognizer(FakeRecognizer):
    @asynccontextmanager
    async def open(self, audio: AudioFormat) -> AsyncIterator[FakeRecognition]:
        yield TellingRecognition(self)


@virtual_time
async def test_a_recogniser_that_knows_what_it_streamed_is_believed() -> None:
    meter = Meter()
    async with MeteredRecognizer(TellingRecognizer(), meter).open(SLIN16) as recognition:
        recognition.hear(SLIN16.silence)
    assert meter.stt_ms == 2_400


@virtual_time
async def test_a_whole_talk_is_metered_through_its_services() -> None:
    talk, meter = FakeTalk(says("Так, слухаю вас.")), Meter()
    services = metered(talk.conversation._services, meter)
    talk.conversation = Conversation(services, talk.transcript, Caller("+380671112233"), call_backs=talk.call_backs, now=talk.now)
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Чи можна запитати?")
    await talk.until(lambda: "Так, слухаю вас." in talk.voice.texts)
    assert meter.tokens == {"input_tokens": 100, "output_tokens": 10}
    assert meter.tts_characters == sum(map(len, talk.voice.texts))
    assert meter.stt_ms == SLIN16.duration_ms(talk.recognizer.heard_bytes) > 500
    await talk.agent_is_silent()
    talk.line.hang_up()
    await talk.outcome()
    assert set(meter.cost_usd(Prices())) == {"model", "stt", "tts", "total"}
