from __future__ import annotations

import pytest

from controller.ari import messages as ari
from controller.ari.resources import Bridge, Channel
from controller.ari.shorthand import line_of

CALLER = Channel(id="1700000000.1", state="Up")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (ari.ChannelVarset(variable="QUEUESTATUS", value="TIMEOUT", channel=CALLER), ("QUEUESTATUS=TIMEOUT", {"QUEUESTATUS": "TIMEOUT"})),
        (ari.ChannelVarset(variable="DIALEDPEERNAME", value="x", channel=CALLER), None),
        (ari.ChannelHangupRequest(channel=CALLER, cause=32, soft=True), ("cause 32, by command", {"cause": 32, "soft": True})),
        (ari.ChannelDtmfReceived(channel=CALLER, digit="0"), ("0", {})),
        (ari.ChannelEnteredBridge(bridge=Bridge(id="b-1", channels=["x"]), channel=CALLER), ("b-1", {"channels": 1})),
        (ari.Dial(peer=Channel(id="p", name="Local/op1@ops-1;1"), dialstatus=""), ("Local/op1@ops-1;1", {"status": ""})),
        (ari.ChannelHold(channel=CALLER), ("", {})),
    ],
)
def test_a_message_becomes_a_short_line_or_none(message: ari.Event, line: tuple[str, dict[str, object]] | None) -> None:
    assert line_of(message) == line


def test_what_a_supervisor_sends_along_is_kept_short() -> None:
    line = line_of(ari.ChannelUserevent(eventname="say", userevent={f"key{n}": "x" * 1000 for n in range(100)}, channel=CALLER))
    assert line is not None
    assert len(line[1]) == 8
    assert all(len(value) == 200 for value in line[1].values())
