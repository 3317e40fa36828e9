from __future__ import annotations

from collections.abc import AsyncIterator

from agent.ears import Ears
from agent.endpointing import Endpointer, SpeechBegan, SpeechEnded
from agent.ports import Heard
from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from tests.fakes.talk import sound


class Recording:
    def __init__(self) -> None:
        self.batches: list[bytes] = []

    def hear(self, pcm: bytes) -> None:
        self.batches.append(pcm)

    async def results(self) -> AsyncIterator[Heard]:
        return
        yield


class Stage:
    def __init__(self, audio: AudioFormat = SLIN16) -> None:
        self.now_ms = 0
        self.told: list[SpeechBegan | SpeechEnded] = []
        self.ears = Ears(audio, Endpointer(), now_ms=lambda: self.now_ms, on_event=self.told.append)

    def send(self, frames: list[bytes]) -> None:
        for frame in frames:
            self.now_ms += 20
            self.ears.frame(frame)


def test_the_recogniser_gets_batches_of_100_ms_at_any_rate() -> None:
    for audio, size in ((SLIN16, 3_200), (SLIN8, 1_600)):
        stage, recording = Stage(audio), Recording()
        stage.ears.attach(recording)
        stage.send([audio.silence] * 14)
        assert [len(batch) for batch in recording.batches] == [size, size]


def test_what_was_said_before_the_recogniser_was_there_is_not_lost() -> None:
    stage, recording = Stage(), Recording()
    spoken = sound(400, SLIN16)
    stage.send(spoken)
    stage.ears.attach(recording)
    assert b"".join(recording.batches) == b"".join(spoken)


def test_a_recogniser_that_never_comes_does_not_fill_the_memory() -> None:
    stage, recording = Stage(), Recording()
    stage.send([SLIN16.silence] * 5_000)
    stage.ears.attach(recording)
    assert sum(len(batch) for batch in recording.batches) == 30 * 3_200


def test_at_the_end_of_speech_the_rest_is_sent_without_waiting_for_a_full_batch() -> None:
    stage, recording = Stage(), Recording()
    stage.ears.attach(recording)
    stage.send([SLIN16.silence] * 11 + sound(300, SLIN16) + [SLIN16.silence] * 10)
    assert isinstance(stage.told[-1], SpeechEnded)
    assert sum(len(batch) for batch in recording.batches) == 36 * 640


def test_a_gap_without_frames_ends_the_speech_and_gives_the_recogniser_silence() -> None:
    stage, recording = Stage(), Recording()
    stage.ears.attach(recording)
    stage.send([SLIN16.silence] * 5 + sound(300, SLIN16))
    deadline = stage.ears.deadline_ms
    assert deadline == stage.now_ms + 200
    stage.now_ms = deadline
    stage.ears.tick()
    assert isinstance(stage.told[-1], SpeechEnded)
    assert recording.batches[-1][-600 * 32 :] == bytes(600 * 32)
    assert stage.ears.deadline_ms is None


def test_a_tick_that_is_quicker_than_the_next_frame_puts_no_silence_into_a_pause() -> None:
    stage, recording = Stage(), Recording()
    stage.ears.attach(recording)
    sent = [SLIN16.silence] * 5 + sound(300, SLIN16) + [SLIN16.silence] * 9
    stage.send(sent)
    assert stage.ears.deadline_ms is not None
    stage.now_ms = stage.ears.deadline_ms
    stage.ears.tick()
    assert isinstance(stage.told[-1], SpeechEnded)
    more = sound(100, SLIN16)
    stage.send(more)
    stage.ears.frame(SLIN16.silence)
    assert b"".join(recording.batches) == b"".join([*sent, *more])
