from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from controller.api import keyring
from controller.api.bearer import digest, new_secret
from controller.api.identity import Role
from controller.api.keyring import Keyring
from controller.api.problems import DatabaseAway
from controller.api.tokens import Held, Profile, TokenBook
from tests.fakes.token_table import TokenTable

START = datetime(2026, 11, 26, tzinfo=UTC)


class Time:
    now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s

    def now(self) -> datetime:
        return START + timedelta(seconds=self.now_s)


class Setting:
    def __init__(self) -> None:
        self.table, self.time = TokenTable(), Time()
        self.keyring = Keyring(TokenBook(self.table), clock=self.time.monotonic, now=self.time.now)

    def token(self) -> str:
        secret = new_secret("cc_")
        self.table.add(digest(secret), Held(id=secret[-8:], profile=Profile(person="Olha", role=Role.VIEWER), expires_at=None))
        return secret


async def test_a_good_token_is_looked_up_once_in_five_seconds_however_many_come_with_it() -> None:
    setting = Setting()
    token = setting.token()
    assert (await setting.keyring.find(token)) is not None
    setting.time.now_s += 4.9
    assert (await setting.keyring.find(token)) is not None
    assert setting.table.asked == 1
    setting.time.now_s += 0.2
    assert all(await asyncio.gather(*(setting.keyring.find(token) for _ in range(20))))
    assert setting.table.asked == 2


async def test_what_nobody_knows_is_looked_up_each_time_and_not_remembered() -> None:
    setting = Setting()
    for _ in range(3):
        assert await setting.keyring.find(new_secret("cc_")) is None
    assert setting.table.asked == 3
    assert not setting.keyring.knows(new_secret("cc_"))


async def test_a_revocation_by_another_process_is_noticed_within_five_seconds() -> None:
    setting = Setting()
    token = setting.token()
    await setting.keyring.find(token)
    setting.table.remove(digest(token))
    setting.time.now_s += 5
    assert await setting.keyring.find(token) is None
    assert not setting.keyring.knows(token)


async def test_a_revocation_of_our_own_is_noticed_at_once_also_by_its_sessions() -> None:
    setting = Setting()
    token, session = setting.token(), new_secret("cs_")
    held = await setting.keyring.find(token)
    assert held is not None
    setting.table.add(digest(session), Held(id="s-1", profile=held.profile, expires_at=None, parent=held.id))
    assert await setting.keyring.find(session) is not None
    for secret in (token, session):
        setting.table.remove(digest(secret))
    setting.keyring.forget(held.id)
    assert await setting.keyring.find(token) is None
    assert await setting.keyring.find(session) is None


async def test_while_postgresql_is_away_who_was_good_within_the_hour_goes_on() -> None:
    setting = Setting()
    token = setting.token()
    await setting.keyring.find(token)
    setting.table.away = True
    setting.time.now_s += 60
    assert await setting.keyring.find(token) is not None
    asked = setting.table.asked
    setting.time.now_s += 3
    assert await setting.keyring.find(token) is not None
    assert setting.table.asked == asked, "nobody waits for an outage at each request"
    setting.time.now_s += keyring.STALE_S
    with pytest.raises(DatabaseAway):
        await setting.keyring.find(token)


async def test_while_postgresql_is_away_a_stranger_is_neither_let_in_nor_called_wrong() -> None:
    setting = Setting()
    setting.table.away = True
    with pytest.raises(DatabaseAway):
        await setting.keyring.find(setting.token())


async def test_an_expiry_holds_also_between_two_look_ups() -> None:
    setting = Setting()
    secret = new_secret("cc_")
    held = Held(id="t-1", profile=Profile(person="Olha", role=Role.VIEWER), expires_at=setting.time.now() + timedelta(seconds=2))
    setting.table.add(digest(secret), held)
    assert await setting.keyring.find(secret) is not None
    setting.time.now_s += 2
    assert await setting.keyring.find(secret) is None


async def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "KNOWN", 3)
    setting = Setting()
    tokens = [setting.token() for _ in range(5)]
    for token in tokens:
        await setting.keyring.find(token)
    assert [setting.keyring.knows(token) for token in tokens] == [False, False, True, True, True]
