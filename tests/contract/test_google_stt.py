"""The Google recogniser against the protocol: the real client library, a server process with the real protos."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from google.auth.credentials import AnonymousCredentials

from agent.adapters.google_stt import GoogleRecognition, GoogleRecognizer, google_recognizer
from agent.adapters.google_stt_config import StreamLimits
from agent.adapters.google_tts import google_voice
from agent.errors import RecognizerFailed
from agent.ports import Heard, Recognizer, Streams
from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from ops.caller.g711 import ULAW
from ops.standins.phrasebook import phrase
from tests.contract.google_standin import Standin, free_port, standin

SILENCE_MS = 300


@pytest.fixture(scope="module")
def process() -> Iterator[Standin]:
    with standin("google_stt", "--mode", "phrasebook") as running:
        yield running


@pytest.fixture
def google(process: Standin) -> Standin:
    process.fresh()
    return process


def recogniser(endpoint: str, limits: StreamLimits | None = None) -> contextlib.AbstractAsyncContextManager[GoogleRecognizer]:
    return google_recognizer(endpoint=endpoint, project="shop", location="eu", model="chirp_2", limits=limits)


@contextlib.asynccontextmanager
async def ears(google: Standin, audio: AudioFormat = SLIN16, limits: StreamLimits | None = None) -> AsyncIterator[GoogleRecognition]:
    async with recogniser(google.endpoint, limits) as recognizer, recognizer.open(audio) as recognition:
        yield recognition


def spoken(key: str, audio: AudioFormat = SLIN16) -> bytes:
    return phrase(key).pcm(audio) + audio.silence * (SILENCE_MS // 20)


async def next_final(recognition: GoogleRecognition, within_s: float = 10) -> tuple[Heard, list[str]]:
    """The next final text and the interim ones before it."""
    interims: list[str] = []
    async with asyncio.timeout(within_s):
        async for heard in recognition.results():
            if heard.final:
                return heard, interims
            interims.append(heard.text)
    raise AssertionError("results ended")


async def speak_in_real_time(recognition: GoogleRecognition, pcm: bytes, audio: AudioFormat = SLIN16) -> None:
    began = time.monotonic()
    for number, start in enumerate(range(0, len(pcm), audio.frame_bytes)):
        await asyncio.sleep(began + (number + 1) * 0.02 - time.monotonic())
        recognition.hear(pcm[start : start + audio.frame_bytes])


async def speak_fast(recognition: GoogleRecognition, pcm: bytes) -> None:
    """Faster than a caller can, yet not faster than the stream takes it."""
    for start in range(0, len(pcm), 32_000):
        recognition.hear(pcm[start : start + 32_000])
        while recognition.waiting_ms:  # noqa: ASYNC110 - bounded by the test's time limit
            await asyncio.sleep(0.005)


async def until_log_holds(google: Standin, request: str, count: int, within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while len(google.served(request)) < count:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)


def audio_ms(google: Standin) -> int:
    """What the first stream got."""
    return int(google.served("stream")[0]["detail"].get("audio_ms", 0))


async def test_it_is_a_recogniser(google: Standin) -> None:
    async with recogniser(google.endpoint) as recognizer:
        port: Recognizer = recognizer
        assert port is recognizer


@pytest.mark.parametrize("key", ["winter_tyres_camry", "ru_winter_tyres_camry", "surzhyk_price", "yes", "size_195_65_r15"])
async def test_marked_speech_is_recognised_exactly_in_any_language(google: Standin, key: str) -> None:
    async with ears(google) as recognition:
        await speak_fast(recognition, spoken(key))
        heard, _ = await next_final(recognition)
    assert heard.confidence == pytest.approx(0.95)
    assert heard == Heard(phrase(key).text, True, heard.confidence, phrase(key).language)
    (stream,) = google.served("stream")
    assert (stream["detail"]["languages"], stream["detail"]["model"]) == (["uk-UA", "ru-RU"], "chirp_2")


async def test_what_was_streamed_is_told_as_the_service_received_it(google: Standin) -> None:
    async with ears(google) as recognition:
        await speak_fast(recognition, spoken("yes"))
        await next_final(recognition)
        told_ms = recognition.streamed_ms
    assert told_ms >= SLIN16.duration_ms(len(spoken("yes")))
    assert abs(audio_ms(google) - told_ms) <= 600  # messages on their way


async def test_telephone_speech_at_8_khz_through_g711_is_recognised_too(google: Standin) -> None:
    async with ears(google, SLIN8) as recognition:
        recognition.hear(ULAW.decode(ULAW.encode(spoken("in_stock", SLIN8))))
        heard, _ = await next_final(recognition)
    assert heard.text == phrase("in_stock").text


async def test_interim_words_come_while_the_caller_speaks_and_the_final_after_him(google: Standin) -> None:
    said = phrase("cheaper")
    arrivals: list[tuple[float, Heard]] = []

    async def note(recognition: GoogleRecognition) -> None:
        async for heard in recognition.results():
            arrivals.append((time.monotonic(), heard))
            if heard.final:
                return

    async with ears(google) as recognition, asyncio.timeout(10):
        listening = asyncio.create_task(note(recognition))
        began = time.monotonic()
        await speak_in_real_time(recognition, spoken("cheaper"))
        await listening
    first, final = arrivals[0][0] - began, arrivals[-1][0] - began
    texts = [heard.text for _, heard in arrivals if not heard.final]
    assert texts[0] == said.text.split()[0]
    assert all(said.text.startswith(text) for text in texts)
    assert texts == sorted(texts, key=len)
    assert first < 0.7, "a barge-in is decided within 700 ms of the onset"
    assert said.duration_ms <= 1000 * final < said.duration_ms + 300


async def test_finals_wait_for_the_latency_asked_for_and_the_log_tells_it(google: Standin) -> None:
    google.set(latency_ms=400)
    async with ears(google) as recognition:
        recognition.hear(spoken("yes"))
        await next_final(recognition)
    (utterance,) = google.served("utterance")
    assert 400 <= utterance["ended_ms"] - utterance["arrived_ms"] < 700
    assert utterance["detail"]["key"] == "yes"


async def test_a_cough_and_a_broken_mark_are_not_words(google: Standin) -> None:
    whole = phrase("winter_tyres").pcm(SLIN16)
    async with ears(google) as recognition:
        recognition.hear(phrase("cough").pcm(SLIN16) + SLIN16.silence * 20)
        recognition.hear(whole[: 640 * 8] + whole[640 * 9 :] + SLIN16.silence * 20)
        recognition.hear(spoken("yes"))
        heard, interims = await next_final(recognition)
    assert heard.text == phrase("yes").text
    assert set(interims) <= {phrase("yes").text}
    assert len(google.served("broken mark")) == 1


async def test_speech_broken_off_gives_the_words_that_were_spoken(google: Standin) -> None:
    half = phrase("winter_tyres_camry").pcm(SLIN16)
    async with ears(google) as recognition:
        recognition.hear(half[: len(half) // 2] + SLIN16.silence * 50)
        heard, _ = await next_final(recognition)
    assert phrase("winter_tyres_camry").text.startswith(heard.text)
    assert 2 <= len(heard.text.split()) < len(phrase("winter_tyres_camry").text.split())


async def test_when_the_telephone_sends_nothing_the_recogniser_still_gets_silence(google: Standin) -> None:
    google.set(idle_stream_s=0.6)
    async with ears(google) as recognition:
        recognition.hear(phrase("yes").pcm(SLIN16))
        heard, _ = await next_final(recognition)
        async with asyncio.timeout(5):
            while audio_ms(google) < phrase("yes").duration_ms + 1_000:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.05)
        recognition.hear(spoken("no"))
        later, _ = await next_final(recognition)
    assert [heard.text, later.text] == [phrase("yes").text, phrase("no").text]
    assert len(google.served("stream")) == 1


async def test_a_stream_is_rotated_in_a_silence_before_it_ends(google: Standin) -> None:
    google.set(max_stream_s=3)
    limits = StreamLimits(rotate_after_s=0.5, rotate_at_latest_s=2.5)
    async with ears(google, limits=limits) as recognition:
        for key in ("yes", "no", "thanks"):
            recognition.hear(spoken(key))
            heard, _ = await next_final(recognition)
            assert heard.text == phrase(key).text
            streams = len(google.served("stream"))
            await until_log_holds(google, "stream", streams + 1)
    assert recognition.streams.opened > 2
    assert recognition.streams.failed == 0
    assert [entry["outcome"] for entry in google.served("stream")[:-1]].count("aborted") == 0


async def test_speech_in_which_a_stream_must_be_rotated_is_heard_whole_and_once(google: Standin) -> None:
    said = phrase("winter_tyres_camry")
    limits = StreamLimits(rotate_after_s=0.1, rotate_at_latest_s=said.duration_ms / 1000 - 1)
    async with ears(google, limits=limits) as recognition:
        speaking = asyncio.create_task(speak_in_real_time(recognition, spoken("winter_tyres_camry")))
        heard, _ = await next_final(recognition)
        await speaking
        recognition.hear(spoken("yes"))
        after, _ = await next_final(recognition)
    assert (heard.text, after.text) == (said.text, phrase("yes").text)
    assert len(google.served("stream")) >= 2


async def test_googles_five_minutes_are_survived_even_unannounced(google: Standin) -> None:
    google.set(max_stream_s=0.6 * phrase("winter_tyres_camry").duration_ms / 1000)  # ends once in the middle of it
    async with ears(google) as recognition:
        await speak_in_real_time(recognition, spoken("winter_tyres_camry"))
        heard, _ = await next_final(recognition)
    assert heard.text == phrase("winter_tyres_camry").text


async def test_a_stream_that_dies_mid_utterance_is_reopened_and_hears_the_utterance_whole(google: Standin) -> None:
    google.set(break_next=1)
    async with ears(google) as recognition:
        recognition.hear(spoken("operator"))
        heard, _ = await next_final(recognition)
    assert heard.text == phrase("operator").text
    first, *others = google.served("stream")
    assert (first["outcome"], len(others)) == ("aborted", 1)
    assert recognition.streams == Streams(opened=2, failed=1)


async def test_the_right_to_be_reopened_comes_back_with_every_final(google: Standin) -> None:
    async with ears(google) as recognition:
        for key in ("operator", "cheaper", "in_stock"):
            google.set(break_next=1)
            recognition.hear(spoken(key))
            heard, _ = await next_final(recognition)
            assert heard.text == phrase(key).text


async def test_dying_twice_in_one_utterance_is_a_failure(google: Standin) -> None:
    google.set(break_next=2)
    async with ears(google) as recognition:
        recognition.hear(spoken("operator"))
        with pytest.raises(RecognizerFailed, match="Internal error"):
            await next_final(recognition)


async def test_one_refusal_is_retried_two_are_a_failure(google: Standin) -> None:
    google.set(refuse_next=1)
    async with ears(google) as recognition:
        recognition.hear(spoken("yes"))
        heard, _ = await next_final(recognition)
        assert heard.text == phrase("yes").text
    google.set(refuse_next=2)
    async with ears(google) as recognition:
        recognition.hear(spoken("yes"))
        with pytest.raises(RecognizerFailed):  # gRPC may call it INTERNAL when a write meets the refusal
            await next_final(recognition)
    assert len(google.served("stream")) == 4


async def test_a_recogniser_that_takes_no_audio_is_left_after_the_time_limit(google: Standin) -> None:
    google.set(hang_next=2)
    limits = StreamLimits(write_timeout_s=0.3)
    async with ears(google, limits=limits) as recognition:
        began = time.monotonic()
        talking = asyncio.create_task(keep_talking(recognition))
        with pytest.raises(RecognizerFailed, match="TimeoutError"):
            await next_final(recognition)
        talking.cancel()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("fault", ["hang_next", "deaf_next"])
async def test_a_stream_that_does_not_answer_speech_is_replaced(google: Standin, fault: str) -> None:
    google.set(**{fault: 1})
    async with ears(google, limits=StreamLimits(deaf_after_s=1)) as recognition:
        speaking = asyncio.create_task(speak_in_real_time(recognition, spoken("order_status")))
        heard, _ = await next_final(recognition)
        await speaking
    assert heard.text == phrase("order_status").text
    assert len(google.served("stream")) == 2


async def test_noise_that_nobody_could_answer_replaces_the_stream_once_and_is_no_failure(google: Standin) -> None:
    noise = phrase("cough").pcm(SLIN16) * 15
    async with ears(google, limits=StreamLimits(deaf_after_s=0.5)) as recognition:
        await speak_in_real_time(recognition, noise)
        recognition.hear(SLIN16.silence * 10 + spoken("yes"))
        heard, _ = await next_final(recognition)
    assert heard.text == phrase("yes").text
    assert len(google.served("stream")) == 2


async def keep_talking(recognition: GoogleRecognition) -> None:
    """Much faster than real time, so that the connection's window is full soon."""
    while True:
        recognition.hear(phrase("monologue").pcm(SLIN16)[:64_000])
        await asyncio.sleep(0.01)


async def test_an_audio_queue_that_nobody_empties_drops_the_oldest_and_counts_it(google: Standin) -> None:
    google.set(hang_next=1)
    async with ears(google, limits=StreamLimits(write_timeout_s=1)) as recognition:
        for _ in range(20):
            recognition.hear(bytes(32_000))
        assert recognition.dropped_ms == 15_000


async def test_nobody_there_is_told_within_the_time_limit() -> None:
    async with recogniser(f"127.0.0.1:{free_port()}") as recognizer, recognizer.open(SLIN16) as recognition:
        with pytest.raises(RecognizerFailed):
            await next_final(recognition, within_s=8)


async def test_a_recogniser_that_was_killed_and_is_back_is_found_again() -> None:
    port = free_port()
    with standin("google_stt", "--mode", "phrasebook", port=port) as first:
        async with recogniser(first.endpoint, StreamLimits(connect_timeout_s=5)) as recognizer:
            async with recognizer.open(SLIN16) as recognition:
                recognition.hear(spoken("yes"))
                await next_final(recognition)
                first.process.kill()
                first.process.wait(5)
                with pytest.raises(RecognizerFailed):
                    await next_final(recognition)
            with standin("google_stt", "--mode", "phrasebook", port=port):
                async with recognizer.open(SLIN16) as recognition:
                    recognition.hear(spoken("no"))
                    heard, _ = await next_final(recognition)
    assert heard.text == phrase("no").text


async def test_closing_the_ears_ends_the_stream(google: Standin) -> None:
    async with recogniser(google.endpoint) as recognizer:
        async with recognizer.open(SLIN16) as recognition:
            recognition.hear(spoken("yes"))
            await next_final(recognition)
        async with asyncio.timeout(5):
            while google.served("stream")[0]["outcome"] is None:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.02)
    assert google.served("stream")[0]["outcome"] in ("cancelled", "ok")  # cancelled, or the end of its audio was seen first


async def test_many_calls_share_one_channel(google: Standin) -> None:
    keys = ["yes", "no", "cheaper", "in_stock", "ru_cheaper"]
    async with recogniser(google.endpoint) as recognizer:

        async def call(key: str) -> str:
            async with recognizer.open(SLIN16) as recognition:
                recognition.hear(spoken(key))
                heard, _ = await next_final(recognition)
                return heard.text

        assert await asyncio.gather(*map(call, keys)) == [phrase(key).text for key in keys]


async def test_a_fault_of_our_own_ends_the_results_too(google: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object, __: int) -> bytes:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("agent.adapters.google_stt_tape.Tape.take", broken)
    async with ears(google) as recognition:
        recognition.hear(spoken("yes"))
        with pytest.raises(RecognizerFailed, match="ZeroDivisionError: ours"):
            await next_final(recognition)


async def test_a_recogniser_that_freezes_in_a_call_and_thaws_in_time_is_not_given_up(google: Standin) -> None:
    async with ears(google) as recognition:
        google.set(frozen=True)
        recognition.hear(spoken("cheaper"))
        async with asyncio.timeout(5):
            while recognition.waiting_ms:  # noqa: ASYNC110 - all of it left for the frozen service
                await asyncio.sleep(0.02)
        google.set(frozen=False)
        heard, _ = await next_final(recognition)
    assert heard.text == phrase("cheaper").text
    assert len(google.served("stream")) == 1


async def test_without_an_endpoint_the_clients_are_googles_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made, not used: nothing is sent without a call."""
    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    monkeypatch.setattr("google.auth.default", lambda **_: (credentials, "shop"))
    async with google_recognizer(endpoint=None, project="shop", location="eu", model="chirp_3") as recognizer:
        assert recognizer.host == "eu-speech.googleapis.com:443"
    async with google_voice(endpoint=None, voice="uk-UA-Chirp3-HD-Aoede") as voice:
        assert voice.host == "texttospeech.googleapis.com:443"
