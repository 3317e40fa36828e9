"""Customers to be rung back, in a real PostgreSQL and on a real Asterisk."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest
from typer.testing import CliRunner

from controller.ari.rest import AriRest
from controller.callbacks import CallBacks
from controller.cli import app
from controller.control import Person
from ops.devstack import DevStack
from ops.devstack.ports import LOOPBACK

from .dialplan_lab import Lab

NUMBER = "+380671112233"
OLENA = Person(name="Олена", role="supervisor", telephone="PJSIP/sup1")


@pytest.fixture
async def rest(stack: DevStack) -> AsyncIterator[AriRest]:
    asterisk = stack.asterisk
    async with AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, "callctl") as rest:
        yield rest


def noted(dsn: str, *, phone: str = NUMBER, at: str = "2026-11-26 10:00", due: str | None = None) -> str:
    id_ = str(uuid.uuid4())
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO callbacks (id, call_id, created_at, phone, name, why, due_at) VALUES (%s, %s, %s, %s, 'Іван', 'Шини', %s)",
            (id_, uuid.uuid4(), f"{at}+00", phone, due and f"{due}+00"),
        )
    return id_


async def test_open_ones_are_listed_by_when_they_are_due(dsn: str, rest: AriRest) -> None:
    later = noted(dsn, at="2026-11-26 10:00", due="2026-11-26 15:00")
    soon = noted(dsn, at="2026-11-26 11:00")
    async with CallBacks.open(dsn, rest) as callbacks:
        listed = await callbacks.listed()
    assert [one["id"] for one in listed] == [soon, later]
    due = round(datetime(2026, 11, 26, 11, tzinfo=UTC).timestamp() * 1000)
    assert {name: listed[0][name] for name in ("tel", "name", "why", "due", "tries", "owner", "state")} == {
        "tel": NUMBER, "name": "Іван", "why": "Шини", "due": due, "tries": 0, "owner": None, "state": "open",
    }  # fmt: skip


async def test_one_that_is_done_is_no_longer_listed_and_whoever_did_it_first_stays_named(dsn: str, rest: AriRest) -> None:
    id_ = noted(dsn)
    told = list[str]()

    async def changed() -> None:
        told.append("changed")

    async with CallBacks.open(dsn, rest, changed=changed) as callbacks:
        assert (await callbacks.done(id_, OLENA)).accepted
        assert (await callbacks.done(id_, Person(name="Петро", role="supervisor"))).accepted
        assert await callbacks.listed() == []
        (listed,) = await callbacks.listed(done=True)
        assert (listed["state"], listed["owner"]) == ("done", "Олена")
        assert (await callbacks.done(str(uuid.uuid4()), OLENA)).code == "callback_unknown"
    assert told == ["changed"] * 2


async def test_what_cannot_be_dialled_is_told_why(dsn: str, rest: AriRest) -> None:
    id_, satellite, over = noted(dsn), noted(dsn, phone="+881612345678"), noted(dsn)
    async with CallBacks.open(dsn, rest) as closed, CallBacks.open(dsn, rest, outbound="PJSIP/{number}@trunk") as callbacks:
        await callbacks.done(over, OLENA)
        assert (await closed.dial(id_, OLENA)).args == {"why": "setting"}
        assert (await closed.dial(id_, OLENA)).code == "no_outbound"
        assert (await callbacks.dial(satellite, OLENA)).code == "no_outbound"
        assert (await callbacks.dial(over, OLENA)).code == "callback_done"
        assert (await callbacks.dial(str(uuid.uuid4()), OLENA)).code == "callback_unknown"
        assert (await callbacks.dial(id_, Person(name="Олена", role="supervisor"))).code == "no_telephone"
        assert (await callbacks.listed())[0]["tries"] == 0


async def test_dialling_rings_the_persons_telephone_and_then_the_customer(dsn: str, stack: DevStack, rest: AriRest) -> None:
    id_ = noted(dsn)
    own, customer = uuid.uuid4(), uuid.uuid4()
    async with Lab.open(stack) as lab:
        ringing, dialled = lab.phones.expect(own), lab.phones.expect(customer)
        async with CallBacks.open(dsn, rest, outbound=lab.phone(customer)) as callbacks:  # who has any number
            person = Person(name="Олена", role="supervisor", telephone=lab.phone(own))
            assert (await callbacks.dial(id_, person)).accepted
            telephone = await ringing.line(timeout_s=10)
            at_customers = await dialled.line(timeout_s=10)
            (listed,) = await callbacks.listed()
            assert (listed["tries"], listed["owner"]) == (1, "Олена")
        telephone.close()
        async with asyncio.timeout(5):
            await at_customers.closed()


@pytest.mark.parametrize(
    ("setting", "shown"), [(None, "<sip:asterisk@127.0.0.1>"), ("Shyny <+380441234567>", '"Shyny" <sip:+380441234567@127.0.0.1>')]
)
async def test_the_customer_sees_our_number_or_none_and_never_his_own(
    dsn: str, stack: DevStack, rest: AriRest, setting: str | None, shown: str
) -> None:
    id_, own = noted(dsn), uuid.uuid4()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as provider:
        provider.bind((LOOPBACK, 0))
        provider.settimeout(10)
        outbound = f"PJSIP/trunk/sip:{{number}}@{LOOPBACK}:{provider.getsockname()[1]}"
        async with Lab.open(stack) as lab, lab.globals(**({"CALLBACK_FROM": setting} if setting else {})):
            ringing = lab.phones.expect(own)
            async with CallBacks.open(dsn, rest, outbound=outbound) as callbacks:
                await callbacks.dial(id_, Person(name="Олена", role="supervisor", telephone=lab.phone(own)))
                telephone = await ringing.line(timeout_s=10)
            invite = (await asyncio.to_thread(provider.recv, 65_535)).decode()
            (at_persons,) = (channel for channel in await rest.channels() if str(own) in channel.name)
            assert at_persons.connected.number == NUMBER, "whom he rings stands on his own telephone"
            telephone.close()
    headers = invite.split("\r\n")[1:]
    assert [header.split(";")[0] for header in headers if header.startswith("From:")] == [f"From: {shown}"]
    assert [header.split(":")[0] for header in headers if NUMBER in header] == ["To"]


async def test_an_asterisk_that_is_away_is_told_and_counts_as_no_try(dsn: str) -> None:
    id_ = noted(dsn)
    async with (
        AriRest("http://127.0.0.1:9", "callctl", "x", "callctl") as nobody,
        CallBacks.open(dsn, nobody, outbound="PJSIP/{number}@trunk") as callbacks,
    ):
        assert (await callbacks.dial(id_, OLENA)).code == "asterisk_away"
        assert (await callbacks.listed())[0]["tries"] == 0


def test_callctl_lists_them_and_puts_one_away(dsn: str) -> None:
    id_ = noted(dsn)
    environment = {"DATABASE_URL": dsn, "COLUMNS": "200"}
    listed = CliRunner().invoke(app, ["callbacks"], env=environment)
    assert id_ in listed.output
    assert NUMBER not in listed.output
    assert NUMBER in CliRunner().invoke(app, ["callbacks", "--numbers"], env=environment).output
    assert "Nobody" in CliRunner().invoke(app, ["callbacks", "--done", id_], env=environment).output
    assert "done" in CliRunner().invoke(app, ["callbacks", "--all"], env=environment).output
    assert CliRunner().invoke(app, ["callbacks", "--done", str(uuid.uuid4())], env=environment).exit_code == 1
    assert CliRunner().invoke(app, ["callbacks", "--done", "x"], env=environment).exit_code == 1
