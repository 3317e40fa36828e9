from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.case import Case
from agent.dictation import Dictation
from agent.guard.told import Told
from agent.history import AgentReplied, AgentSaid, CallerSaid, Entry, History, Noted, Round
from agent.memory import Going, Memory, decode, encode
from agent.outcome import HandOff
from agent.ports import ToolUse
from agent.records import TurnRecord
from agent.shop import Booking
from tests.fakes.clock import virtual_time
from tests.fakes.services import says, uses
from tests.fakes.shop import ON_ITS_WAY, PICKUP_POINTS, X_ICE
from tests.fakes.talk import FakeTalk

TEXT = st.sampled_from(["", "слово", "два слова", "(набрано на клавіатурі) 1002"])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.sampled_from(["слово", "\ud83d", "\x00"])),
    lambda part: st.lists(part, max_size=2) | st.dictionaries(st.sampled_from(["a", "\udc00"]), part, max_size=2),
    max_leaves=4,
)
ARGUMENTS: st.SearchStrategy[Mapping[str, Any]] = st.sampled_from(
    [{}, {"width": 215}, {"items": [{"id": "t1", "price": 4500.5}], "vip": None}]
)


@st.composite
def rounds(draw: st.DrawFn) -> Round:
    ids = draw(st.lists(st.sampled_from(["u1", "u2"]), unique=True))
    begun = [one for one in ids if draw(st.booleans())]
    results: dict[str, Mapping[str, Any]] = {one: draw(ARGUMENTS) for one in begun if draw(st.booleans())}
    return Round(draw(TEXT), [ToolUse(one, "search_tires", draw(ARGUMENTS)) for one in ids], results, begun)


ENTRIES: st.SearchStrategy[list[Entry]] = st.lists(
    st.one_of(
        st.builds(CallerSaid, TEXT, st.booleans()),
        st.builds(Noted, TEXT),
        st.builds(AgentSaid, TEXT),
        st.builds(AgentReplied, st.lists(rounds(), max_size=3), st.just(True)),
    ),
    max_size=8,
)


@given(ENTRIES)
def test_a_restored_history_is_said_and_sent_the_same(entries: list[Entry]) -> None:
    history = History(entries)
    restored = History(decode(encode(Memory(entries=list(history.entries)))).entries)
    assert restored.said() == history.said()
    assert [(one.use.id, one.said) for one in restored.unfinished()] == [(one.use.id, one.said) for one in history.unfinished()]
    assert restored.messages() == history.messages()


def test_everything_in_it_comes_back() -> None:
    memory = Memory(
        call_id="call-1",
        entries=[CallerSaid("Є шини?", broken=True), AgentReplied([Round("Так.", [ToolUse("u", "search_tires", {"width": 215})])], True)],
        case=Case(
            offers={"t1": X_ICE},
            orders={"o1": ON_ITS_WAY},
            bookings={"b1": Booking("b1", "s1", "Поділ", dt.date(2026, 11, 25), dt.time(15), "storage", "+380671112233", "booked")},
            names={"o1": "Іван"},
            points={"p1": PICKUP_POINTS[0]},
            changed={"o1": 3},
            amounts_uah={18_000},
        ),
        told=Told({18_000}, {5}, {4}, free=True),
        turns=7,
        fillers=["filler_2", "filler_1"],
        on_hold=True,
        going=Going(
            turns=[TurnRecord(turn_number=7, speaker="agent", text="Так.", started_at_ms=1)],
            answering=True,
            phrases=["greeting"],
            dictations=[Dictation("Знижка.", "Олена")],
            farewell=True,
            hand_off=HandOff("asked", "Хоче людину."),
        ),
    )
    assert decode(encode(memory)) == memory


def test_of_another_version_it_is_refused_and_what_a_later_one_adds_is_passed_over() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(msgspec.msgpack.encode({"type": "memory.2"}))
    assert decode(msgspec.msgpack.encode({"type": "memory.1", "turns": 3, "mood": "good"})).turns == 3


@given(st.dictionaries(st.just("a"), JSON), st.dictionaries(st.just("a"), JSON))
def test_whatever_json_the_model_or_the_shop_brings_it_can_be_kept(arguments: dict[str, Any], result: dict[str, Any]) -> None:
    entries: list[Entry] = [AgentReplied([Round("", [ToolUse("u", "search_tires", arguments)], {"u": result}, ["u"])], True)]
    (reply,) = decode(encode(Memory(entries=entries))).entries
    assert isinstance(reply, AgentReplied)
    assert set(reply.rounds[0].uses[0].arguments) == set(arguments)


# When it is kept

LONG = "Є зимові шини Мішлен на вашу машину, вони тихі й добре тримають дорогу. Також є дешевші, від місцевого виробника. Які вам цікавіші?"


@virtual_time
async def test_while_we_are_heard_it_is_kept_every_100_ms_and_in_silence_never() -> None:
    talk = FakeTalk(says(LONG))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    began = len(talk.kept_at_ms)
    began_ms = talk.now_ms
    await talk.agent_is_silent()
    spoken_ms = talk.line.voiced_at_ms[-1] - began_ms
    kept = talk.kept_at_ms[began:]
    assert max(later - earlier for earlier, later in pairwise(kept)) <= 120
    assert len(kept) <= spoken_ms / 100 + 2 * len(talk.voice.texts) + 2
    before = len(talk.kept_at_ms)
    await asyncio.sleep(8.0)
    assert len(talk.kept_at_ms) == before
    talk.line.hang_up()
    await talk.outcome()


@virtual_time
async def test_paused_by_a_hold_it_is_not_kept_again_and_again() -> None:
    talk = FakeTalk(says(LONG))
    talk.begin()
    await talk.agent_talks()
    await asyncio.sleep(1.0)
    talk.conversation.hold(True)
    await asyncio.sleep(0.2)
    before = len(talk.kept_at_ms)
    await asyncio.sleep(60.0)
    assert len(talk.kept_at_ms) == before
    talk.conversation.hold(False)
    await asyncio.sleep(1.0)
    assert len(talk.kept_at_ms) >= before + 9
    talk.line.hang_up()
    await talk.outcome()


@virtual_time
async def test_whatever_must_not_be_lost_is_kept_at_once() -> None:
    talk = FakeTalk(uses("check_availability", "Зараз подивлюся.", tyre_id="t1"), says("Є вісім."), says("Так."))
    talk.begin()
    await talk.agent_is_silent()

    def kept() -> Memory:
        assert talk.kept is not None
        return decode(talk.kept)

    await talk.says("Скільки їх?")
    await talk.until(lambda: len(talk.transcript.turns) == 2)
    assert CallerSaid("Скільки їх?") in kept().entries  # his turn was taken
    await talk.until(lambda: talk.shop.request_ids)
    (begun,) = History(kept().entries).unfinished()  # a tool began
    assert begun.use.name == "check_availability"
    await talk.until(lambda: talk.transcript.tool_calls)
    assert History(kept().entries).unfinished() == []  # and has its result
    await talk.agent_is_silent()
    assert kept().going == Going()  # it was said
    talk.conversation.say("Ще одне.", by="Олена", cut=False)
    assert kept().going.dictations == [Dictation("Ще одне.", "Олена")]
    await talk.agent_talks()
    await talk.says("Стоп", duration_ms=400)
    assert kept().going.dictations == []  # he cut it
    talk.conversation.hold(True)
    assert kept().on_hold
    talk.line.hang_up()
    await talk.outcome()
    assert kept().going == Going()
