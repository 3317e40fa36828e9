"""Random talks: whatever a caller does and whatever fails, the talk ends, and its history and record are well formed."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import ModelFailed, VoiceFailed
from agent.outcome import CallerGone, Completed, HandOff
from agent.ports import Heard
from tests.fakes.clock import VirtualTimeLoop
from tests.fakes.services import Wait, says, uses
from tests.fakes.talk import FakeTalk, sound
from tests.unit.agent.wellformed import check_messages, check_record

REPLIES = st.one_of(
    st.just(says("Так, є такі шини. Ціна 4 500 грн за штуку, і ще є дешевші від місцевого виробника. Які вам цікавіші?")),
    st.just(says("Добре.")),
    st.just(says("Дякую за дзвінок. До побачення!")),
    st.just([Wait(6.0), *says("Перепрошую за очікування.")]),
    st.builds(lambda n: uses("check_availability", "Зараз гляну.", use_id=f"a{n}", tyre_id="t1"), st.integers(0, 10**9)),
    st.builds(lambda n: uses("search_tires", use_id=f"b{n}", width=-1), st.integers(0, 10**9)),
    st.builds(lambda n: uses("transfer_to_operator", use_id=f"c{n}", reason="просить", summary="Просить."), st.integers(0, 10**9)),
    st.just([ModelFailed("529")]),
    st.just([]),
)
ACTS = st.one_of(
    st.tuples(st.just("says"), st.sampled_from(["так", "є зимові шини?", "дайте оператора", "стоп"]), st.integers(0, 4_000)),
    st.tuples(st.just("mumbles"), st.sampled_from(["так", "на Камрі"]), st.integers(0, 4_000)),
    st.tuples(st.just("coughs"), st.just(""), st.integers(0, 4_000)),
    st.tuples(st.just("waits"), st.just(""), st.integers(0, 12_000)),
    st.tuples(st.just("voice fails"), st.just(""), st.just(0)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(REPLIES, max_size=8), st.lists(ACTS, max_size=7), st.integers(1, 6_000))
def test_every_talk_ends_with_a_true_record(replies: list[Any], acts: list[tuple[str, str, int]], shop_ms: int) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(_talk(replies, acts, shop_ms))


async def _talk(replies: list[Any], acts: list[tuple[str, str, int]], shop_ms: int) -> None:
    talk = FakeTalk(*replies, *[says("Зрозуміло.") for _ in range(30)])
    talk.shop.latency_s = shop_ms / 1000
    talk.begin()
    for kind, text, after_ms in acts:
        await asyncio.sleep(after_ms / 1000)
        match kind:
            case "says":
                await talk.says(text)
            case "mumbles":
                talk.line.say(sound(800, talk.line.format))
                talk.hears(Heard(text, final=False))
            case "coughs":
                await talk.makes_noise(250)
            case "voice fails":
                talk.voice.fails = VoiceFailed("gone")
            case _:
                pass
    await asyncio.sleep(30)
    talk.line.hang_up()
    outcome = await talk.outcome()
    assert isinstance(outcome, CallerGone | Completed | HandOff)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    check_record(talk)
    for request in talk.model.requests:
        check_messages(request.messages)
