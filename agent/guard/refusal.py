"""What a rule says when the answer is no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    words: str  # for the model, in Ukrainian: what is missing or why not
    summary: str | None = None  # set: the talk goes to a human now, with this for the operator
