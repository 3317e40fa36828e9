"""Errors of the agent's neighbours.

AgentError
├── RecognizerFailed   speech to text
├── VoiceFailed        text to speech
├── ModelFailed        the language model
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


class ShopFailed(AgentError):
    def __init__(self, message: str, *, status: int | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = retryable
