from __future__ import annotations

from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cost import SERVICES, TOTAL, Meter, Prices, Used

PRICES = Prices(
    model_input_per_mtok=1.0,
    model_output_per_mtok=5.0,
    model_cache_write_per_mtok=1.25,
    model_cache_read_per_mtok=0.1,
    stt_per_minute=0.02,
    tts_per_mchar=30.0,
)


def test_each_service_is_priced_by_its_own_measure() -> None:
    meter = Meter()
    meter.replied({"input_tokens": 1_000, "output_tokens": 200, "cache_creation_input_tokens": 4_000, "cache_read_input_tokens": 10_000})
    meter.streaming(lambda: 60_000)
    meter.streaming(lambda: 30_000)
    meter.sent(1_000)
    assert meter.cost_usd(PRICES) == pytest.approx({"model": 0.008, "stt": 0.03, "tts": 0.03, "total": 0.068})


def test_a_call_that_used_nothing_has_no_cost() -> None:
    assert Meter().cost_usd(PRICES) == {}


def test_a_usual_call_at_list_prices_costs_about_ten_cents() -> None:
    meter = Meter()
    for _ in range(10):
        meter.replied({"input_tokens": 300, "output_tokens": 100, "cache_creation_input_tokens": 400, "cache_read_input_tokens": 6_000})
    meter.streaming(lambda: 3 * 60_000)
    meter.sent(1_500)
    cost = meter.cost_usd(Prices())
    assert cost[TOTAL] == pytest.approx(0.0949, abs=0.001)
    assert cost["tts"] > cost["stt"] - 0.01 > cost["model"]


@given(
    st.lists(st.dictionaries(st.sampled_from(["input_tokens", "output_tokens", "cache_read_input_tokens"]), st.integers(0, 10**6))),
    st.lists(st.integers(0, 10**7)),
    st.lists(st.integers(0, 10**5)),
)
def test_the_total_is_the_sum_and_never_less_than_before(usages: list[dict[str, int]], streams: list[int], texts: list[int]) -> None:
    meter, last = Meter(), 0.0
    feeds = [partial(meter.replied, usage) for usage in usages]
    feeds += [partial(meter.streaming, partial(int, ms)) for ms in streams] + [partial(meter.sent, characters) for characters in texts]
    for feed in feeds:
        feed()
        cost = meter.cost_usd(Prices())
        assert cost.get(TOTAL, 0.0) == pytest.approx(sum(cost.get(service, 0.0) for service in SERVICES), abs=3e-6)
        assert cost.get(TOTAL, 0.0) >= last
        last = cost.get(TOTAL, 0.0)


def test_a_meter_goes_on_from_what_another_process_has_metered() -> None:
    meter = Meter()
    meter.replied({"input_tokens": 100, "output_tokens": 10})
    meter.streaming(lambda: 30_000)
    meter.sent(40)
    after = Meter(msgspec.msgpack.decode(msgspec.msgpack.encode(meter.used), type=Used))
    assert after.cost_usd(Prices()) == meter.cost_usd(Prices())
    after.replied({"input_tokens": 1})
    after.streaming(lambda: 1_000)
    after.sent(2)
    assert after.used == Used(tokens={"input_tokens": 101, "output_tokens": 10}, stt_ms=31_000, tts_characters=42)
