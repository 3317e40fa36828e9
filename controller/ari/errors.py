"""Errors of Asterisk's REST interface; each says whose fault it is.

AriError
├── AriRefused      Asterisk understood and said no: *status*, its *message*, our *operation*
│   └── AriNotFound     404: the channel, bridge, application or context is not there (any more)
├── AriUnavailable  nobody answers at that address, or the connection broke
└── AriTimeout      Asterisk took the request and gave no answer in time; it may still act on it
"""

from __future__ import annotations


class AriError(Exception):
    """Base. *operation* is the request as sent, without its query: ``POST /channels/.../answer``."""

    def __init__(self, operation: str, message: str) -> None:
        super().__init__(f"{operation}: {message}")
        self.operation = operation
        self.message = message


class AriRefused(AriError):
    def __init__(self, operation: str, message: str, status: int) -> None:
        super().__init__(operation, message)
        self.status = status

    def __str__(self) -> str:
        return f"{self.operation}: {self.status} {self.message}"


class AriNotFound(AriRefused):
    def __init__(self, operation: str, message: str, status: int = 404) -> None:
        super().__init__(operation, message, status)


class AriUnavailable(AriError):
    pass


class AriTimeout(AriError):
    pass


def refusal(operation: str, status: int, message: str) -> AriRefused:
    """The error for an HTTP answer of 400 and above."""
    return AriNotFound(operation, message) if status == 404 else AriRefused(operation, message, status)
