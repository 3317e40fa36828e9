"""``GET /api/v1/stream``: the board over server-sent events."""

from __future__ import annotations
