"""How parts of a conversation start tasks: always named, always in the one group that owns them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]
