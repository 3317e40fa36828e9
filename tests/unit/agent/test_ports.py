"""The media leg of the package audiosocket is what the agent asks of a line; so is the fake that the tests talk on."""

from __future__ import annotations

import agent.ports
import audiosocket.line
import tests.fakes.line
import tests.fakes.services
from tests.fakes.clock import virtual_time
from tests.fakes.line import FakeLine


def _mypy_checks_that(line: audiosocket.line.Line, fake: tests.fakes.line.FakeLine) -> list[agent.ports.Line]:
    return [line, fake]


def _and_that(
    recognizer: tests.fakes.services.FakeRecognizer, model: tests.fakes.services.FakeModel, voice: tests.fakes.services.FakeVoice
) -> tuple[agent.ports.Recognizer, agent.ports.Model, agent.ports.Voice]:
    return recognizer, model, voice


@virtual_time
async def test_a_fake_playback_behaves_like_the_real_one() -> None:
    line = FakeLine()
    first, second = line.play(), line.play()
    first.feed(bytes(640 * 3 + 2))
    first.finish()
    second.feed(bytes(640))
    assert await first.started()
    assert await first.done() == 60
    line.hush()
    assert await second.done() in {0, 20}
    assert await second.started() is (second.heard_ms > 0)
