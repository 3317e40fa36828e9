"""What can be set of a conversation; the composition root fills it from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.endpointing import EndpointingConfig
from agent.turn_config import TurnConfig


@dataclass(frozen=True, slots=True)
class AgentSettings:
    endpointing: EndpointingConfig = field(default_factory=EndpointingConfig)
    turn: TurnConfig = field(default_factory=TurnConfig)
    tool_calls_max: int = 10  # in one call, transfers not counted
    rounds_max: int = 6  # model replies in one answer
    context_tokens: int = 6_000  # estimated; of a longer talk the model is sent less
    tool_timeout_s: float = 20.0  # the shop's client gives up by itself before
    linger_s: float = 1.0  # for what still runs when the talk ends: a tool, a stream that closes
    last_words_s: float = 15.0
