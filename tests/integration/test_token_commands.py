"""``callctl token`` on a real database: what it shows, what it keeps, what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from typer.testing import CliRunner, Result

from controller.api.bearer import LINK, TOKEN, digest, is_secret
from controller.cli import app
from ops.devstack import DevStack
from tests.integration.database import migrated_database


@pytest.fixture(scope="module")
def dsn(stack: DevStack) -> Iterator[str]:
    with migrated_database(stack, "tokens") as dsn:
        yield dsn


def token(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["token", *arguments], env={"DATABASE_URL": dsn, "API_PORT": "8123", "COLUMNS": "200"})


def rows(dsn: str, query: str, *parameters: object) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def test_a_token_is_the_only_line_on_stdout_and_its_hash_the_only_thing_kept(dsn: str) -> None:
    made = token(dsn, "create", "Olha", "--role", "supervisor", "--telephone", "PJSIP/sup1", "--days", "30")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    assert is_secret(secret, TOKEN)
    assert secret not in made.stderr
    kept = rows(dsn, "SELECT person, role, telephone, numbers, expires_at > now() FROM api_tokens WHERE hash = %s", digest(secret))
    assert kept == [("Olha", "supervisor", "PJSIP/sup1", False, True)]
    listed = token(dsn, "list").stdout
    assert "Olha" in listed
    assert secret not in listed
    (audited,) = rows(dsn, "SELECT actor, role, arguments::text FROM audit WHERE action = 'token.create'")
    assert str(audited[0]).endswith("(callctl)")
    assert secret not in str(audited)


def test_a_revoked_token_is_gone_from_the_list(dsn: str) -> None:
    made = token(dsn, "create", "Petro", "--role", "viewer")
    found = re.search(r"revoke (\S+)", made.stderr)
    assert found is not None
    assert token(dsn, "revoke", found[1]).exit_code == 0
    assert found[1] not in token(dsn, "list").stdout
    assert re.search(rf"{found[1]}.*revoked", token(dsn, "list", "--all").stdout)


def test_a_link_leads_to_the_login_page_of_this_machine(dsn: str) -> None:
    address = token(dsn, "link", "Olha", "--role", "supervisor").stdout.strip()
    page, _, code = address.partition("#")
    assert page == "http://127.0.0.1:8123/login"
    assert is_secret(code, LINK)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "X", "--role", "boss"), "viewer, developer, supervisor, admin"),
        (("create", "X", "--role", "viewer", "--telephone", "PJSIP/a&PJSIP/b"), "is no telephone"),
        (("create", "", "--role", "viewer"), "1 to 60 characters"),
        (("revoke", "cc_something"), "not the id of a token"),
        (("revoke", "6f1c2a4e-0000-4000-8000-000000000001"), "There is no token"),
    ],
)
def test_what_cannot_be_is_told_in_words(dsn: str, arguments: tuple[str, ...], told: str) -> None:
    failed = token(dsn, *arguments)
    assert failed.exit_code == 1
    assert told in failed.stderr
    assert "Traceback" not in failed.output


def test_without_a_database_it_says_so(dsn: str) -> None:
    failed = token("postgresql://nobody@127.0.0.1:1/none", "list")
    assert failed.exit_code == 1
    assert "Is it running" in failed.stderr
