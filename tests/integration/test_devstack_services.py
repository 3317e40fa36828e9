"""The private stack's servers are real, and come back with the same address and data."""

import urllib.request

import psycopg
import pytest
import redis

from ops.devstack import DevStack, DevStackError


def test_asterisk_tells_its_version_over_its_console(stack: DevStack) -> None:
    assert stack.asterisk.cli("core show version").startswith("Asterisk 2")


def test_postgres_keeps_its_data_over_kill_and_stop(stack: DevStack) -> None:
    dsn = stack.postgres.create_database("keeps")
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")
    stack.postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn, connect_timeout=2)
    stack.postgres.start()
    stack.postgres.stop()
    stack.postgres.start()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("still here",)
    stack.postgres.drop_database("keeps")


def test_valkey_answers_on_its_address_after_a_kill(stack: DevStack) -> None:
    stack.valkey.kill()
    stack.valkey.start()
    with redis.Redis.from_url(stack.valkey.url) as client:
        assert client.set("key", "value")
        assert client.get("key") == b"value"


def test_asterisk_has_the_same_address_after_a_kill_and_a_stop(stack: DevStack) -> None:
    for end in (stack.asterisk.kill, stack.asterisk.stop):
        end()
        assert stack.asterisk.pid is None
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(stack.asterisk.ari_url, timeout=2)
        stack.asterisk.start()
        assert "0 active channels" in stack.asterisk.cli("core show channels")


def test_a_part_that_was_not_asked_for_says_so() -> None:
    with DevStack(parts=("valkey",)) as small, pytest.raises(DevStackError, match="no asterisk"):
        _ = small.asterisk
