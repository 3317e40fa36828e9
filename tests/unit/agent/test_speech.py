from __future__ import annotations

import asyncio

import pytest

from agent.errors import VoiceFailed
from agent.speech import Listeners, Speech
from tests.fakes.clock import virtual_time
from tests.fakes.line import FakeLine
from tests.fakes.services import FakeVoice


class Stage:
    def __init__(self) -> None:
        self.line, self.voice = FakeLine(), FakeVoice()
        self.told: list[str] = []
        self.clauses: list[tuple[str, bool]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.speech = Speech(
            self.line,
            self.voice,
            spawn=self._spawn,
            now_ms=lambda: round(asyncio.get_running_loop().time() * 1000),
            told=Listeners(
                started=lambda _: self.told.append("started"),
                drained=lambda _: self.told.append("drained"),
                clause=lambda text, sounds: self.clauses.append((text, sounds)),
            ),
        )

    def _spawn(self, work, name):  # type: ignore[no-untyped-def]
        self.tasks.append(asyncio.create_task(work, name=name))
        return self.tasks[-1]


@virtual_time
async def test_the_next_clause_is_made_while_the_former_plays_and_no_more() -> None:
    stage = Stage()
    for text in ("Перше речення тут.", "Друге речення тут.", "Третє речення тут.", "Четверте."):
        await stage.speech.say(text)
    await stage.speech.end()
    running = asyncio.create_task(stage.speech.run())
    await asyncio.sleep(0.5)
    assert stage.voice.texts == ["Перше речення тут.", "Друге речення тут."]
    await running
    assert len(stage.voice.texts) == 4
    gaps = [b - a for a, b in zip(stage.line.voiced_at_ms, stage.line.voiced_at_ms[1:], strict=False)]
    assert max(gaps) <= 20
    assert stage.speech.heard_text == stage.speech.text
    assert stage.speech.heard_whole
    assert stage.told == ["started"] * 4


@virtual_time
async def test_speech_that_runs_dry_before_its_end_says_so() -> None:
    stage = Stage()
    await stage.speech.say("Зараз гляну.")
    running = asyncio.create_task(stage.speech.run())
    await asyncio.sleep(2)
    assert stage.told == ["started", "drained"]
    await stage.speech.say("Ось.", 1)
    await stage.speech.end()
    await running
    assert stage.told == ["started", "drained", "started"]
    assert stage.speech.heard_by_round() == {0: "Зараз гляну.", 1: "Ось."}
    await asyncio.sleep(0)
    assert stage.clauses == [("Зараз гляну.", True), ("Зараз гляну.", False), ("Ось.", True), ("Ось.", False)]


@virtual_time
async def test_a_clause_cut_in_the_middle_of_its_synthesis_counts_by_its_likely_length() -> None:
    stage = Stage()
    text = "Є шини Мішлен, Нокіан та Росава за різними цінами."
    playback_limit_s = 1.0

    async def slow(text: str, audio):  # type: ignore[no-untyped-def]
        yield bytes(audio.rate_hz * 2)  # one second, and then the synthesis hangs
        await asyncio.sleep(100)

    stage.voice.speak = slow  # type: ignore[method-assign]
    await stage.speech.say(text)
    running = asyncio.create_task(stage.speech.run())
    await asyncio.sleep(playback_limit_s + 0.5)
    running.cancel()
    stage.line.hush()
    assert stage.speech.heard_ms == 1_000
    assert stage.speech.heard_text == "Є шини Мішлен,"
    assert not stage.speech.heard_whole


@virtual_time
async def test_a_failed_voice_is_told_to_the_one_who_runs_the_speech() -> None:
    stage = Stage()
    stage.voice.fails = VoiceFailed("gone")
    await stage.speech.say("Так.")
    with pytest.raises(VoiceFailed):
        await stage.speech.run()
    stage.line.hush()
    assert stage.speech.heard_text == ""


@virtual_time
async def test_a_clause_without_sound_is_no_interruption() -> None:
    stage = Stage()

    async def mute(text: str, audio):  # type: ignore[no-untyped-def]
        for piece in list[bytes]():
            yield piece

    stage.voice.speak = mute  # type: ignore[method-assign]
    await stage.speech.say("—")
    await stage.speech.end()
    async with asyncio.timeout(1):
        await stage.speech.run()
    assert stage.speech.heard_whole
