"""A request as the Messages API takes it, with its cache breakpoints; pure.

    tools ... ▌ system ▌ message, message, ... newest message ▌         ▌ = all before it is written to the cache, or read from it

The service looks for what it has cached at a breakpoint and at the 20 blocks before it, so one moving breakpoint behind the newest
message finds the prefix that the last turn wrote. At most four are allowed. What is shorter than the model's minimum is not cached and
costs as ever. (platform.claude.com/docs/en/build-with-claude/prompt-caching)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from anthropic.types import CacheControlEphemeralParam, MessageParam, TextBlockParam, ToolParam

from agent.ports import ToolSpec

_BREAKPOINT: CacheControlEphemeralParam = {"type": "ephemeral"}  # five minutes, renewed by each hit: longer than a caller thinks


def system_blocks(system: str) -> list[TextBlockParam]:
    return [{"type": "text", "text": system, "cache_control": _BREAKPOINT}]


def tool_params(specs: Sequence[ToolSpec]) -> list[ToolParam]:
    """The breakpoint stands behind the last: tools stay the same when the system prompt changes."""
    tools: list[ToolParam] = [{"name": spec.name, "description": spec.description, "input_schema": dict(spec.schema)} for spec in specs]
    tools[-1]["cache_control"] = _BREAKPOINT
    return tools


def message_params(messages: Sequence[Mapping[str, Any]]) -> list[MessageParam]:
    """The same messages, the last block marked; *messages* stay as they are."""
    params = [dict(message) for message in messages]
    if params:
        content = params[-1]["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
        blocks[-1] = {**blocks[-1], "cache_control": _BREAKPOINT}
        params[-1]["content"] = blocks
    return cast("list[MessageParam]", params)
