from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from controller.ari.messages import EVENT_TYPES, ChannelHangupRequest, ChannelUserevent, Dial, MessageDecoder, StasisStart

CHANNEL = {
    "id": "1700000000.1",
    "name": "PJSIP/caller-00000001",
    "state": "Up",
    "protocol_id": "abc@127.0.0.1",
    "caller": {"name": "", "number": "+380671234567"},
    "connected": {"name": "", "number": ""},
    "accountcode": "",
    "dialplan": {"context": "incoming", "exten": "100", "priority": 4, "app_name": "Stasis", "app_data": "callctl,incoming"},
    "creationtime": "2026-01-31T10:00:00.000+0000",
    "language": "en",
    "channelvars": {"CALL_ID": "x"},
}


def envelope(kind: str, **fields: object) -> str:
    return json.dumps(
        {"type": kind, "application": "callctl", "timestamp": "2026-01-31T10:00:00.000+0000", "asterisk_id": "00:11", **fields}
    )


def test_a_caller_who_enters_is_read_with_his_number_and_place_in_the_dialplan() -> None:
    event = MessageDecoder().decode(envelope("StasisStart", args=["incoming", "100"], channel=CHANNEL))
    assert isinstance(event, StasisStart)
    assert event.args == ["incoming", "100"]
    assert event.channel.caller.number == "+380671234567"
    assert event.channel.dialplan.app_name == "Stasis"
    assert event.channel.channelvars == {"CALL_ID": "x"}


def test_a_hang_up_by_command_is_told_from_the_callers_own() -> None:
    decoder = MessageDecoder()
    by_command = decoder.decode(envelope("ChannelHangupRequest", channel=CHANNEL, cause=32, soft=True))
    by_caller = decoder.decode(envelope("ChannelHangupRequest", channel=CHANNEL))
    assert isinstance(by_command, ChannelHangupRequest)
    assert isinstance(by_caller, ChannelHangupRequest)
    assert (by_command.soft, by_command.cause, by_caller.soft, by_caller.cause) == (True, 32, False, None)


def test_a_supervisors_event_keeps_types_and_nesting_of_its_variables() -> None:
    event = MessageDecoder().decode(
        envelope("ChannelUserevent", eventname="transfer", userevent={"reason": "angry", "n": 3, "deep": {"a": [1]}})
    )
    assert isinstance(event, ChannelUserevent)
    assert event.userevent == {"reason": "angry", "n": 3, "deep": {"a": [1]}}
    assert event.channel is None


def test_dialling_an_operator_names_both_channels() -> None:
    event = MessageDecoder().decode(envelope("Dial", peer=CHANNEL | {"id": "op"}, caller=CHANNEL, dialstatus="ANSWER", dialstring="op1"))
    assert isinstance(event, Dial)
    assert event.caller is not None
    assert (event.peer.id, event.caller.id, event.dialstatus) == ("op", CHANNEL["id"], "ANSWER")


def test_a_type_we_do_not_act_on_is_counted_as_unknown() -> None:
    decoder = MessageDecoder()
    assert decoder.decode(envelope("ChannelTalkingStarted", channel=CHANNEL)) is None
    assert (decoder.unknown, decoder.malformed) == (1, 0)


def test_a_known_type_without_its_channel_is_counted_as_malformed() -> None:
    decoder = MessageDecoder()
    assert decoder.decode(envelope("StasisEnd")) is None
    assert (decoder.unknown, decoder.malformed) == (0, 1)


@given(st.one_of(st.binary(), st.text()))
def test_no_frame_makes_the_decoder_raise(frame: str | bytes) -> None:
    decoder = MessageDecoder()
    assert decoder.decode(frame) is None
    assert decoder.unknown + decoder.malformed == 1


@given(st.sampled_from(EVENT_TYPES), st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=5), max_size=4))
def test_any_fields_under_a_known_type_are_read_or_counted(kind: str, fields: dict[str, object]) -> None:
    decoder = MessageDecoder()
    event = decoder.decode(json.dumps({**fields, "type": kind}))
    assert (event is None) == (decoder.malformed == 1)
