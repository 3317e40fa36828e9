"""Which filler comes next: never the one said last, and a short one first, for the answer must wait until it is over."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from agent.prompt.phrases import FILLERS, PHRASES

_SHORT = 25  # characters; spoken in some 1.5 s


class Fillers:
    """One per conversation: what was said before a talk on another line was said all the same."""

    def __init__(self, order: Sequence[str] = ()) -> None:
        """*order* is that of a conversation that goes on."""
        known = [key for key in order if key in FILLERS]
        self._keys = deque([*(key for key in FILLERS if key not in known), *known])  # the one said last is at the end

    @property
    def order(self) -> list[str]:
        return list(self._keys)

    def next(self, *, first: bool) -> str:
        """The key of the phrase to say; *first* of this wait."""
        short = [key for key in self._keys if len(PHRASES[key]) <= _SHORT] if first else []
        chosen = (short or [self._keys[0]])[0]
        self._keys.remove(chosen)
        self._keys.append(chosen)
        return chosen
