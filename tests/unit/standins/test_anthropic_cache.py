from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ops.standins.anthropic_api.cache import LIFE_S, LOOK_BACK, PrefixCache

MARK = {"cache_control": {"type": "ephemeral"}}
ANYTHING = 1  # token


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def talk(*texts: str, marked: int = -1, system: str = "Ти консультант.") -> dict[str, Any]:
    messages: list[dict[str, Any]] = [
        {"role": "assistant" if at % 2 else "user", "content": [{"type": "text", "text": text}]} for at, text in enumerate(texts)
    ]
    messages[marked]["content"][-1].update(MARK)
    return {"model": "claude-haiku-5-5", "system": [{"type": "text", "text": system, **MARK}], "messages": messages}


def read(cache: PrefixCache, body: dict[str, Any], minimum_tokens: int = ANYTHING) -> int:
    return cache.usage(body, minimum_tokens=minimum_tokens)["cache_read_input_tokens"]


def test_a_talk_that_goes_on_reads_all_it_has_written() -> None:
    cache = PrefixCache()
    first = cache.usage(talk("Добрий день"), minimum_tokens=ANYTHING)
    assert (first["cache_read_input_tokens"], first["input_tokens"]) == (0, 0)
    assert read(cache, talk("Добрий день", "Вітаю", "Є шини?")) == first["cache_creation_input_tokens"]


def test_a_change_in_the_beginning_spoils_all_behind_it() -> None:
    cache = PrefixCache()
    read(cache, talk("Добрий день", "Вітаю", "Є шини?"))
    assert read(cache, talk("Добрий вечір", "Вітаю", "Є шини?")) == read(cache, talk("Алло"))
    assert read(cache, talk("Добрий день", system="Ти оператор.")) == 0


def test_another_model_has_a_cache_of_its_own() -> None:
    cache = PrefixCache()
    read(cache, talk("Добрий день"))
    assert read(cache, {**talk("Добрий день"), "model": "claude-sonnet-5-5"}) == 0


def test_an_entry_lives_five_minutes_from_its_last_use() -> None:
    clock = Clock()
    cache = PrefixCache(clock)
    read(cache, talk("Добрий день"))
    for _ in range(3):
        clock.now_s += LIFE_S - 1
        assert read(cache, talk("Добрий день"))
    clock.now_s += LIFE_S
    assert not read(cache, talk("Добрий день"))


def test_what_is_too_short_is_not_cached() -> None:
    cache = PrefixCache()
    for _ in range(2):
        usage = cache.usage(talk("Добрий день"), minimum_tokens=1_024)
        assert (usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]) == (0, 0)


def test_a_breakpoint_looks_back_twenty_blocks_and_no_further() -> None:
    cache = PrefixCache()
    texts = [f"Репліка {number}" for number in range(LOOK_BACK + 3)]
    prompt_alone = read(cache, talk("Інше")) or read(cache, talk("Ще інше"))
    read(cache, talk(texts[0]))
    near, far = texts[: LOOK_BACK + 1], texts[: LOOK_BACK + 2]
    assert read(PrefixCacheCopy(cache), talk(*near)) > prompt_alone
    assert read(cache, talk(*far)) == prompt_alone


class PrefixCacheCopy(PrefixCache):
    """What is asked of it is not remembered by the other."""

    def __init__(self, other: PrefixCache) -> None:
        super().__init__()
        self._until_s = dict(other._until_s)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=12), st.integers(0, 200))
def test_the_counts_are_all_of_the_input_and_depend_on_nothing_else(texts: list[str], minimum_tokens: int) -> None:
    cache = PrefixCache()
    body = talk(*texts)
    first, second = (cache.usage(body, minimum_tokens=minimum_tokens) for _ in range(2))
    assert sum(first.values()) == sum(second.values())
    assert all(count >= 0 for count in (*first.values(), *second.values()))
    assert second["cache_creation_input_tokens"] == 0
