"""The table of tokens without PostgreSQL: what ``find_token`` and ``token_stands`` would find, and an outage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from controller.api.database import QUERIES
from controller.api.problems import DatabaseAway
from controller.api.tokens import Held
from controller.reader import Rows


class TokenTable:
    def __init__(self) -> None:
        self._held: dict[bytes, Held] = {}
        self.asked = 0
        self.away = False

    def add(self, secret_hash: bytes, held: Held) -> None:
        self._held[secret_hash] = held

    def remove(self, secret_hash: bytes) -> None:
        del self._held[secret_hash]

    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float = 3.0) -> Rows:
        self.asked += 1
        if self.away:
            raise DatabaseAway("connection refused")
        if statement == QUERIES["token_stands"]:
            return [{} for held in self._held.values() if held.id == parameters["id"]]
        assert statement == QUERIES["find_token"]
        secret_hash = parameters["hash"]
        assert isinstance(secret_hash, bytes)
        held = self._held.get(secret_hash)
        if held is None:
            return []
        profile = held.profile
        row = {"id": held.id, "expires_at": held.expires_at, "parent": held.parent}
        return [row | {"person": profile.person, "role": profile.role.value, "telephone": profile.telephone, "numbers": profile.numbers}]
