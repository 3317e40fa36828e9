from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.case import Said
from agent.history import AgentReplied, CallerSaid, History, Round, heard_part
from agent.ports import ToolUse


def test_the_history_begins_with_the_caller_even_if_we_greeted_first() -> None:
    history = History()
    history.agent_said("Добрий день!")
    history.caller_said("Є шини?")
    assert history.messages() == [
        {"role": "user", "content": [{"type": "text", "text": "(абонент додзвонився)"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Добрий день!"}]},
        {"role": "user", "content": [{"type": "text", "text": "Є шини?"}]},
    ]


def test_a_result_that_comes_after_the_cut_stands_behind_its_use() -> None:
    history = History()
    history.caller_said("Скільки їх?")
    reply = history.begin_reply()
    use = ToolUse("t1", "check_availability", {"tyre_id": "x"})
    reply.rounds.append(Round("Зараз гляну.", [use]))
    reply.cut({})
    history.caller_said("І де?")
    reply.rounds[0].results["t1"] = {"in_stock_now": 4}
    assert [message["role"] for message in history.messages()] == ["user", "assistant", "user"]
    _, assistant, user = history.messages()
    assert assistant["content"] == [{"type": "tool_use", "id": "t1", "name": "check_availability", "input": {"tyre_id": "x"}}]
    assert user["content"][0] == {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": '{"in_stock_now": 4}'}]}
    assert user["content"][1] == {"type": "text", "text": "І де?"}


def test_a_cut_keeps_of_each_round_what_was_heard() -> None:
    reply = AgentReplied([Round("Зараз гляну."), Round("Є чотири штуки у Києві.")])
    reply.cut({0: "Зараз гляну.", 1: "Є чотири"})
    assert reply.text == "Зараз гляну. Є чотири"


def test_what_was_said_is_what_was_heard_without_marks_and_without_the_reply_in_the_making() -> None:
    history = History()
    history.agent_said("Добрий день!")
    history.caller_said("Є шини?")
    reply = history.begin_reply()
    reply.rounds.append(Round("Є чотири штуки у Києві."))
    before = (Said("agent", "Добрий день!"), Said("caller", "Є шини?"))
    assert history.said() == before
    reply.cut({0: "Є чотири"})
    history.note("решту не озвучено")
    history.caller_said("(тиша)")
    history.caller_said("(набрано на клавіатурі) 1002")
    assert history.said() == (*before, Said("agent", "Є чотири"), Said("caller", "1002", typed="1002"))
    assert {"type": "text", "text": "(решту не озвучено)"} in history.messages()[-1]["content"]


def test_a_reply_of_which_nothing_was_heard_was_not_said() -> None:
    history = History()
    reply = history.begin_reply()
    reply.rounds.append(Round("Сума 18 000 грн."))
    reply.cut({})
    assert history.said() == ()


TEXT = st.sampled_from(["", "  ", "слово", "два слова"])
USE_COUNT = st.integers(0, 2)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("caller"), TEXT, USE_COUNT, st.booleans()),
            st.tuples(st.just("agent"), TEXT, USE_COUNT, st.booleans()),
            st.tuples(st.just("reply"), TEXT, USE_COUNT, st.booleans()),
        ),
        max_size=12,
    )
)
def test_every_history_is_a_well_formed_list_of_messages(entries: list[tuple[str, str, int, bool]]) -> None:
    history = History()
    for number, (kind, text, use_count, flag) in enumerate(entries):
        if kind == "caller":
            history.caller_said(text or "так")
        elif kind == "agent":
            history.agent_said(text)
        else:
            uses = [ToolUse(f"{number}-{n}", "search_tires", {}) for n in range(use_count)]
            reply = history.begin_reply()
            reply.rounds.append(Round(text, uses, {use.id: {"ok": 1} for use in uses[: use_count if flag else 0]}))
            if not flag:
                reply.cut({})
    messages = history.messages()
    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"] * (len(messages) % 2)
    for before, after in zip(messages, [*messages[1:], None], strict=False):
        assert _ids(after, "tool_result", "tool_use_id") == _ids(before, "tool_use", "id")
        assert before["content"]
        assert all(block["text"].strip() for block in before["content"] if block["type"] == "text")


def _ids(message: dict[str, Any] | None, kind: str, key: str) -> list[str]:
    return [block[key] for block in message["content"] if block["type"] == kind] if message else []


@pytest.mark.parametrize(
    ("heard_ms", "part"),
    [
        (0, ""),
        (100, ""),
        (400, "один"),
        (449, "один"),
        (800, "один два"),
        (1_199, "один два"),
        (1_200, "один два три"),
        (5_000, "один два три"),
    ],
)
def test_only_words_said_whole_were_heard(heard_ms: int, part: str) -> None:
    assert heard_part("один два три", heard_ms, 1_200) == part


@given(st.text(alphabet="аб ,.", max_size=60), st.integers(0, 5_000), st.integers(0, 5_000))
def test_what_was_heard_is_a_beginning_that_grows_with_time(text: str, heard_ms: int, total_ms: int) -> None:
    part = heard_part(text, heard_ms, total_ms)
    assert text.startswith(part)
    assert len(part) >= len(heard_part(text, heard_ms - 100, total_ms))
    assert part == text or len(part) * total_ms <= len(text) * heard_ms


def test_words_in_which_we_broke_off_are_marked_for_the_model_and_for_the_rules() -> None:
    history = History([CallerSaid("Так", broken=True)])
    assert history.messages()[0]["content"][0]["text"].startswith("Так (зв'язок урвався")
    assert history.said() == (Said("caller", "Так", broken=True),)


def test_of_a_reply_that_we_broke_off_in_the_tools_it_had_turned_to_are_left() -> None:
    first, second = ToolUse("a", "search_tires", {}), ToolUse("b", "check_availability", {})
    history = History()
    history.caller_said("Є шини?")
    reply = history.begin_reply()
    reply.rounds.append(Round("Зараз гляну.", [first, second], begun=["a"]))
    left = History([CallerSaid("Є шини?"), reply.broken_off({0: "Зараз"})])
    assert [message["content"] for message in left.messages()][1] == [
        {"type": "text", "text": "Зараз"},
        {"type": "tool_use", "id": "a", "name": "search_tires", "input": {}},
    ]
    (unfinished,) = left.unfinished()
    assert (unfinished.use, unfinished.said) == (first, (Said("caller", "Є шини?"),))
    unfinished.entry.results["a"] = {"found": 0}
    assert left.unfinished() == []
    assert (reply.over, reply.text) == (False, "Зараз гляну.")  # it goes on all the same
