"""The model's adapter, through the vendor's own library, and the stand-in for the Messages API, over a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from agent.adapters.anthropic_model import AnthropicModel, Patience
from agent.errors import ModelFailed
from agent.ports import ModelRequest, ReplyEnded, TextDelta, ToolSpec, ToolUse
from ops.standins.anthropic_api.app import AnthropicSettings, create_app
from ops.standins.control import Control
from tests.contract.serving import serving

KEY = "fake-anthropic-key"
SEARCH = ToolSpec(
    "search_tires",
    "Шукає шини",
    {"type": "object", "properties": {"width": {}, "profile": {}, "diameter": {}, "season": {}, "vehicle_make": {}, "vehicle_model": {}}},
)
WINTER_CAMRY = "Добрий день, мені потрібні зимові шини на Тойоту Камрі"
PATIENCE = Patience(connect_s=0.5, first_token_s=0.4, between_events_s=0.4, retry_pause_s=0.01, longest_retry_after_s=0.2)


def asked(text: str) -> ModelRequest:
    return ModelRequest("Ти консультант магазину шин.", [{"role": "user", "content": text}], [SEARCH])


@pytest.fixture
def control() -> Control[AnthropicSettings]:
    return Control(AnthropicSettings())


@pytest.fixture
async def url(control: Control[AnthropicSettings]) -> AsyncIterator[str]:
    async with serving(create_app(KEY, control)) as url:
        yield url


@pytest.fixture
async def model(url: str) -> AsyncIterator[AnthropicModel]:
    model = AnthropicModel(KEY, base_url=url, patience=PATIENCE)
    yield model
    await model.aclose()


async def whole(model: AnthropicModel, request: ModelRequest) -> tuple[str, list[ToolUse], ReplyEnded]:
    parts = [part async for part in model.reply(request)]
    assert isinstance(parts[-1], ReplyEnded)
    return (
        "".join(p.text for p in parts if isinstance(p, TextDelta)),
        [p for p in parts if isinstance(p, ToolUse)],
        parts[-1],
    )


async def test_a_reply_comes_as_text_then_a_tool_use_then_its_end(model: AnthropicModel) -> None:
    text, [use], ended = await whole(model, asked(WINTER_CAMRY))
    assert text == "Зараз подивлюся."
    assert (use.name, use.arguments) == ("search_tires", {"season": "winter", "vehicle_make": "Toyota", "vehicle_model": "Camry"})
    assert ended.stop_reason == "tool_use"
    assert ended.usage["output_tokens"] > 1
    assert ended.usage["input_tokens"] > 1


async def test_text_streams_in_pieces(model: AnthropicModel) -> None:
    pieces = [part async for part in model.reply(asked("Добрий день!")) if isinstance(part, TextDelta)]
    assert len(pieces) > 3


async def test_a_result_can_be_sent_back_and_is_told(model: AnthropicModel) -> None:
    text, [use], _ = await whole(model, asked(WINTER_CAMRY))
    result = '{"found": 1, "tires": [{"id": "T1", "name": "Sava Eskimo", "size": "215/55 R17", "price": "3890 грн", "in_stock": 6}]}'
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": WINTER_CAMRY},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": text},
                {"type": "tool_use", "id": use.id, "name": use.name, "input": dict(use.arguments)},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": result}]},
    ]
    told, uses, ended = await whole(model, ModelRequest("", messages, [SEARCH]))
    assert "Sava Eskimo за 3890 грн" in told
    assert (uses, ended.stop_reason) == ([], "end_turn")


LONG = "Ти консультант магазину шин. " * 150


async def test_the_second_turn_reads_from_the_cache_what_the_first_has_written(model: AnthropicModel) -> None:
    first_turn: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": "Добрий день!"}]}]
    said, _, first = await whole(model, ModelRequest(LONG, first_turn, [SEARCH]))
    second_turn = [*first_turn, {"role": "assistant", "content": said}, {"role": "user", "content": "Є зимові шини?"}]
    _, _, second = await whole(model, ModelRequest(LONG, second_turn, [SEARCH]))
    assert first.usage["cache_read_input_tokens"] == 0
    assert first.usage["cache_creation_input_tokens"] > 1_024
    assert second.usage["cache_read_input_tokens"] == first.usage["cache_creation_input_tokens"]
    assert second.usage["input_tokens"] == first.usage["input_tokens"] == 0
    assert 0 < second.usage["cache_creation_input_tokens"] < 100


async def test_another_call_reads_prompt_and_tools_but_not_the_talk(model: AnthropicModel) -> None:
    _, _, first = await whole(model, ModelRequest(LONG, asked("Добрий день!").messages, [SEARCH]))
    _, _, other = await whole(model, ModelRequest(LONG, asked("Мені потрібен оператор").messages, [SEARCH]))
    assert 0 < other.usage["cache_read_input_tokens"] < first.usage["cache_creation_input_tokens"]


@pytest.mark.parametrize("status", [429, 500, 529])
async def test_one_refusal_is_retried(model: AnthropicModel, control: Control[AnthropicSettings], status: int) -> None:
    control.change({"fail_next": 1, "fail_status": status, "retry_after_s": 0.05})
    text, _, _ = await whole(model, asked("Добрий день!"))
    assert text
    assert [s.outcome for s in control.log()] == [str(status), "ok"]


async def test_two_refusals_are_a_failure(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"fail_next": 3})
    with pytest.raises(ModelFailed, match="529 overloaded_error"):
        await whole(model, asked("Добрий день!"))
    assert len(control.log()) == 2


async def test_a_long_retry_after_is_not_waited_for(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"fail_next": 1, "fail_status": 429, "retry_after_s": 30})
    with pytest.raises(ModelFailed, match="rate_limit_error"):
        await whole(model, asked("Добрий день!"))
    assert len(control.log()) == 1


async def test_a_silent_model_is_asked_once_more(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"hang_next": 1})
    text, _, _ = await whole(model, asked("Добрий день!"))
    assert text


async def test_a_model_that_stays_silent_fails_in_time(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"hang_next": 2})
    with pytest.raises(ModelFailed, match=r"no first token within 0\.4 s"):
        await whole(model, asked("Добрий день!"))


@pytest.mark.parametrize("fault", ["cut_next", "error_in_stream_next"])
async def test_a_reply_that_breaks_off_is_not_begun_again(model: AnthropicModel, control: Control[AnthropicSettings], fault: str) -> None:
    control.change({fault: 1})
    spoken: list[Any] = []

    async def listen() -> None:
        async for part in model.reply(asked("Добрий день!")):
            spoken.append(part)  # noqa: PERF401 - what came before the failure counts

    with pytest.raises(ModelFailed):
        await listen()
    assert spoken
    assert all(isinstance(part, TextDelta) for part in spoken)
    assert len(control.log()) == 1


async def test_a_reply_that_stalls_fails_in_time(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"ms_per_token": 5000})
    with pytest.raises(ModelFailed, match="in the middle"):
        await whole(model, asked("Добрий день!"))


async def test_arguments_that_are_not_json_are_a_failure(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"malformed_next": 1})
    with pytest.raises(ModelFailed, match="search_tires are not JSON"):
        await whole(model, asked(WINTER_CAMRY))


async def test_a_reply_that_does_not_fit_says_so(url: str) -> None:
    short = AnthropicModel(KEY, base_url=url, max_tokens=3)
    text, _, ended = await whole(short, asked("Добрий день!"))
    await short.aclose()
    assert (len(text), ended.stop_reason) == (9, "max_tokens")


async def test_cancelling_closes_the_stream_at_once(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"ms_per_token": 50})
    first = asyncio.Event()

    async def listen() -> None:
        async with contextlib.aclosing(model.reply(asked("Добрий день!"))) as parts:
            async for _ in parts:
                first.set()

    task = asyncio.create_task(listen(), name="listener")
    async with asyncio.timeout(5):
        await first.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while control.log()[0].outcome is None:  # noqa: ASYNC110 - what the other side notices
            await asyncio.sleep(0.01)
    assert control.log()[0].outcome == "client gone"


async def test_a_wrong_key_is_a_failure_without_a_retry(url: str, control: Control[AnthropicSettings]) -> None:
    stranger = AnthropicModel("wrong", base_url=url)
    with pytest.raises(ModelFailed, match="401 authentication_error"):
        await whole(stranger, asked("Добрий день!"))
    await stranger.aclose()
    assert len(control.log()) == 1


async def test_nobody_listening_is_a_failure(url: str) -> None:
    model = AnthropicModel(KEY, base_url="http://127.0.0.1:9", patience=PATIENCE)
    with pytest.raises(ModelFailed, match="connection"):
        await whole(model, asked("Добрий день!"))
    await model.aclose()


async def test_a_request_that_the_api_refuses_is_a_failure_with_its_reason(model: AnthropicModel) -> None:
    orphan = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_9", "content": "{}"}]}]
    with pytest.raises(ModelFailed, match=r"400 invalid_request_error.*toolu_9"):
        await whole(model, ModelRequest("", orphan, [SEARCH]))


async def test_an_unstreamed_reply_is_the_same_reply(url: str) -> None:
    body = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Добрий день!"}]}
    async with httpx.AsyncClient(headers={"x-api-key": KEY, "anthropic-version": "2026-10-21"}) as client:
        answer = (await client.post(f"{url}/v1/messages", json=body)).json()
    assert answer["content"][0]["text"].startswith("Добрий день")
    assert answer["stop_reason"] == "end_turn"


async def test_the_log_tells_the_time_to_the_first_token(model: AnthropicModel, control: Control[AnthropicSettings]) -> None:
    control.change({"latency_ms": 120})
    await whole(model, asked("Добрий день!"))
    [served] = control.log()
    assert served.first_ms is not None
    assert 115 <= served.first_ms - served.arrived_ms < 400
