"""What docs/connect-asterisk.md and ADR 0017 tell the owner of an Asterisk to do, done to one."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets

from ops.devstack import DevStack
from ops.devstack.asterisk import Asterisk
from tests.waiting import until

PAGE = Path(__file__).parents[2] / "docs/connect-asterisk.md"
LOADED_S = 5.0


@pytest.fixture
def own() -> Iterator[Asterisk]:
    with DevStack(parts=("asterisk",)) as stack:
        yield stack.asterisk


def configuration(asterisk: Asterisk, name: str) -> Path:
    return asterisk._folder / "etc" / name


def add_user(asterisk: Asterisk, name: str, password: str) -> None:
    file = configuration(asterisk, "ari.conf")
    file.write_text(
        f"{file.read_text(encoding='utf-8')}\n[{name}]\ntype = user\nread_only = no\npassword = {password}\npassword_format = plain\n",
        encoding="utf-8",
    )
    asterisk.cli("module reload res_ari.so")


def change_password(asterisk: Asterisk, password: str) -> None:
    file = configuration(asterisk, "ari.conf")
    file.write_text(
        file.read_text(encoding="utf-8").replace(f"password = {asterisk.ari_password}\n", f"password = {password}\n"), encoding="utf-8"
    )
    asterisk.cli("module reload res_ari.so")


def status(asterisk: Asterisk, user: str, password: str) -> int:
    return httpx.get(f"{asterisk.ari_url}/ari/asterisk/info", auth=(user, password), timeout=5).status_code


def say_hello(asterisk: Asterisk, password: str) -> int:
    """To whoever reads the events of the application `watch`."""
    hello = f"{asterisk.ari_url}/ari/events/user/hello?application=watch"
    return httpx.post(hello, auth=(asterisk.ari_username, password), timeout=5).status_code


async def test_asterisk_takes_the_pages_trunks_as_they_stand(own: Asterisk) -> None:
    trunks = [
        block for block in re.findall(r"```ini\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S) if "type = endpoint" in block
    ]
    assert len(trunks) == 2
    file = configuration(own, "pjsip.conf")
    file.write_text(file.read_text(encoding="utf-8") + "\n".join(trunks), encoding="utf-8")
    own.cli("module load res_pjsip_outbound_registration.so")
    own.cli("module reload res_pjsip.so")

    await until(lambda: "sip.provider.example" in own.cli("pjsip show registrations"), LOADED_S)
    for endpoint in ("provider", "line"):
        shown = dict(re.findall(r"^ (\w+) +: (.*?)$", own.cli(f"pjsip show endpoint {endpoint}"), flags=re.M))
        wanted = {"context": "incoming", "direct_media": "false", "allow_transfer": "false", "rtp_timeout": "90"}
        assert {name: shown.get(name) for name in wanted} == wanted
    identified = own.cli("pjsip show identifies")
    assert all(network in identified for network in ("203.0.113.10/32", "203.0.113.11/32", "203.0.113.0/24"))


async def test_an_old_ari_password_is_refused_at_once_and_no_event_stream_is_cut(own: Asterisk) -> None:
    address = own.ari_url.replace("http", "ws")
    async with websockets.connect(f"{address}/ari/events?app=watch&api_key={own.ari_username}:{own.ari_password}") as stream:
        change_password(own, "fresh")
        assert (status(own, own.ari_username, own.ari_password), status(own, own.ari_username, "fresh")) == (401, 200)
        assert say_hello(own, "fresh") == 204
        assert "hello" in str(await asyncio.wait_for(stream.recv(), 5))


async def test_a_second_ari_user_lets_the_old_and_the_new_password_hold_together(own: Asterisk) -> None:
    add_user(own, "callctl-next", "fresh")
    assert (status(own, own.ari_username, own.ari_password), status(own, "callctl-next", "fresh")) == (200, 200)


async def test_a_reload_of_the_telephones_passwords_is_taken(own: Asterisk) -> None:
    file = configuration(own, "pjsip.conf")
    file.write_text(file.read_text(encoding="utf-8").replace(own.operator_password, "fresh-one"), encoding="utf-8")
    own.cli("module reload res_pjsip.so")
    await until(lambda: "fresh-one" in own.cli("pjsip show auth op1"), LOADED_S)
