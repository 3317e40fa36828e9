"""Errors of the agent's neighbours.

AgentError
├── RecognizerFailed   speech to text
├── VoiceFailed        text to speech
├── ModelFailed        the language model
├── KnowledgeFailed    the shop's articles
└── ShopFailed         the shop's API; *retryable* tells a passing fault from a refusal
"""

from __future__ import annotations


class AgentError(Exception):
    """Base: a service the conversation needs failed."""


class RecognizerFailed(AgentError):
    pass


class VoiceFailed(AgentError):
    pass


class ModelFailed(AgentError):
    pass


class KnowledgeFailed(AgentError):
    pass


class ShopFailed(AgentError):
    """*outcome_unknown*: a write may have happened, no answer tells. *unavailable*: the breaker is open, nothing was sent."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        outcome_unknown: bool = False,
        unavailable: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = retryable
        self.outcome_unknown = outcome_unknown
        self.unavailable = unavailable
