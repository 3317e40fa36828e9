"""What the adapter sends and how it takes answers, on the library's own mock transport."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import pytest

from agent.adapters.anthropic_model import FASTEST_MODEL, AnthropicModel, Patience
from agent.errors import ModelFailed
from agent.ports import Model, ModelRequest, ToolSpec
from agent.streams import closing
from ops.standins.anthropic_api import rules, stream

TOOLS = [ToolSpec("search_tires", "Шукає", {"type": "object"}), ToolSpec("check_availability", "Перевіряє", {"type": "object"})]
HELLO = ModelRequest("Ти консультант.", [{"role": "user", "content": "Добрий день"}], TOOLS)


class Service:
    """Anthropic's side: answers from a list, the last one again and again; keeps what it was sent."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(json.loads(request.content))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def spoken(text: str = "Добрий день!", keep: Callable[[dict[str, Any]], bool] = lambda event: True) -> httpx2.Response:
    body = {"model": FASTEST_MODEL, "max_tokens": 500, "messages": []}
    events = [stream.sse(e) for e in stream.events(body, [{"type": "text", "text": text}]) if keep(e)]
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=b"".join(events))


def refused(status: int, kind: str, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, headers=headers, json={"type": "error", "error": {"type": kind, "message": "told"}})


def model_of(service: Service, naps_s: list[float] | None = None, **options: Any) -> AnthropicModel:
    async def nap(seconds: float) -> None:
        if naps_s is not None:
            naps_s.append(seconds)

    return AnthropicModel("fake-key", http_client=httpx2.AsyncClient(transport=httpx2.MockTransport(service)), sleep=nap, **options)


async def read(model: Model, request: ModelRequest = HELLO) -> list[Any]:
    return [part async for part in model.reply(request)]


async def test_the_prompt_and_the_tools_are_cached_and_nothing_is_thought_before_speaking() -> None:
    service = Service(spoken())
    await read(model_of(service, max_tokens=321))
    [sent] = service.requests
    assert sent["model"] == FASTEST_MODEL
    assert (sent["max_tokens"], sent["stream"], sent["thinking"]) == (321, True, {"type": "disabled"})
    assert sent["system"] == [{"type": "text", "text": "Ти консультант.", "cache_control": {"type": "ephemeral"}}]
    assert [tool.get("cache_control") for tool in sent["tools"]] == [None, {"type": "ephemeral"}]
    hello = {"type": "text", "text": "Добрий день", "cache_control": {"type": "ephemeral"}}
    assert sent["messages"] == [{"role": "user", "content": [hello]}]


TALK: list[dict[str, Any]] = [
    {"role": "user", "content": [{"type": "text", "text": "Є зимові?"}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "search_tires", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "{}"}, {"type": "text", "text": "Алло?"}]},
]


async def test_one_breakpoint_moves_with_the_newest_message_and_the_history_is_left_alone() -> None:
    service = Service(spoken())
    history = copy.deepcopy(TALK)
    await read(model_of(service), ModelRequest("Ти консультант.", history, TOOLS))
    [sent] = service.requests
    assert history == TALK
    assert json.dumps(sent).count("cache_control") == 3
    assert sent["messages"][:-1] == TALK[:-1]
    assert sent["messages"][-1]["content"][-1] == {"type": "text", "text": "Алло?", "cache_control": {"type": "ephemeral"}}
    rules.check({key: value for key, value in sent.items() if key != "stream"})


async def test_what_every_attempt_used_is_told_to_who_counts() -> None:
    broken, whole = spoken("Добрий день, чим допомогти?", keep=lambda event: event["type"] != "message_stop"), spoken()
    counted: list[Mapping[str, int]] = []
    model = model_of(Service(broken, whole)).metered(counted.append)
    with pytest.raises(ModelFailed):
        await read(model)
    await read(model)
    assert [usage["output_tokens"] for usage in counted] == [11, 4]


async def test_a_reply_that_is_left_early_counts_by_what_came_of_it() -> None:
    counted: list[Mapping[str, int]] = []
    model = model_of(Service(spoken("Добрий день, чим можу вам допомогти сьогодні?"))).metered(counted.append)
    async with closing(model.reply(HELLO)) as parts:
        for _ in range(5):
            await anext(parts)
    assert [usage["output_tokens"] for usage in counted] == [6]


async def test_a_refused_request_has_used_nothing() -> None:
    counted: list[Mapping[str, int]] = []
    with pytest.raises(ModelFailed):
        await read(model_of(Service(refused(400, "invalid_request_error"))).metered(counted.append))
    assert counted == []


async def test_a_request_over_the_rate_is_not_sent_and_the_failure_says_why() -> None:
    service = Service(spoken())
    model = model_of(service, requests_per_minute=1, patience=Patience(admission_s=0.01))
    await read(model)
    with pytest.raises(ModelFailed, match=r"more than 1 requests a minute \(ANTHROPIC_REQUESTS_PER_MINUTE\)"):
        await read(model)
    assert len(service.requests) == 1


async def test_a_second_try_counts_as_a_request_too() -> None:
    service = Service(refused(529, "overloaded_error"), spoken())
    with pytest.raises(ModelFailed, match="requests a minute"):
        await read(model_of(service, requests_per_minute=1, patience=Patience(admission_s=0.01)))
    assert len(service.requests) == 1


async def test_without_prompt_and_tools_their_fields_are_left_out() -> None:
    service = Service(spoken())
    await read(model_of(service), ModelRequest("", HELLO.messages, []))
    assert not {"system", "tools"} & service.requests[0].keys()


async def test_a_model_that_cannot_stop_thinking_is_not_told_to() -> None:
    service = Service(spoken())
    await read(model_of(service, model="claude-opus-5-5"))
    assert "thinking" not in service.requests[0]


@pytest.mark.parametrize(
    "fault",
    [
        refused(529, "overloaded_error"),
        refused(429, "rate_limit_error"),
        refused(500, "api_error"),
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("late"),
        spoken(keep=lambda event: event["type"] == "message_start"),
    ],
)
async def test_a_passing_fault_is_met_with_one_more_try(fault: Any) -> None:
    naps_s: list[float] = []
    service = Service(fault, spoken())
    parts = await read(model_of(service, naps_s))
    assert len(parts) > 2
    assert getattr(parts[-1], "retries", None) == 1
    assert (len(service.requests), len(naps_s)) == (2, 1)


async def test_retry_after_is_honoured_within_bounds() -> None:
    naps_s: list[float] = []
    service = Service(refused(429, "rate_limit_error", **{"retry-after": "1.5"}), spoken())
    await read(model_of(service, naps_s))
    assert naps_s == [1.5]


@pytest.mark.parametrize("nonsense", ["soon", "-4", "nan"])
async def test_an_unreadable_retry_after_counts_as_absent(nonsense: str) -> None:
    naps_s: list[float] = []
    service = Service(refused(529, "overloaded_error", **{"retry-after": nonsense}), spoken())
    await read(model_of(service, naps_s, patience=Patience(retry_pause_s=0.7)))
    assert naps_s == [0.7]


@pytest.mark.parametrize(("status", "kind"), [(400, "invalid_request_error"), (401, "authentication_error"), (404, "not_found_error")])
async def test_our_own_fault_is_not_tried_again(status: int, kind: str) -> None:
    service = Service(refused(status, kind))
    with pytest.raises(ModelFailed, match=f"{status} {kind}: told"):
        await read(model_of(service))
    assert len(service.requests) == 1


async def test_an_end_before_the_end_fails_when_something_was_said() -> None:
    service = Service(spoken(keep=lambda event: event["type"] != "message_stop"))
    with pytest.raises(ModelFailed, match="before the reply did"):
        await read(model_of(service))
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"event: message_start\ndata: {not json\n\n",
        b'event: content_block_delta\ndata: {"type": "content_block_delta"}\n\n',
        b"<html>",
        b"",
    ],
)
async def test_a_stream_of_another_shape_is_a_failure(body: bytes) -> None:
    service = Service(httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body))
    with pytest.raises(ModelFailed):
        await read(model_of(service))
    assert len(service.requests) == 2


async def test_a_reply_that_a_safety_check_stopped_is_a_failure_not_an_end() -> None:
    stopped = httpx2.Response(
        200, headers={"content-type": "text/event-stream"}, content=spoken().content.replace(b'"end_turn"', b'"refusal"')
    )
    service = Service(stopped)
    with pytest.raises(ModelFailed, match="safety"):
        await read(model_of(service))
    assert len(service.requests) == 1


async def test_the_key_is_in_no_error() -> None:
    with pytest.raises(ModelFailed) as failed:
        await read(model_of(Service(refused(401, "authentication_error"))))
    assert "fake-key" not in str(failed.value) + repr(failed.value.__cause__)
