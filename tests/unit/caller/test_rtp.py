import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.caller.rtp import TELEPHONE_EVENT, NotRtp, RtpPacket, key_events

packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=320),
    marker=st.booleans(),
)


@given(packets)
def test_what_was_encoded_is_decoded(packet: RtpPacket) -> None:
    assert RtpPacket.decode(packet.encode()) == packet


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_but_not_rtp(datagram: bytes) -> None:
    with contextlib.suppress(NotRtp):
        RtpPacket.decode(datagram)


def test_padding_and_extension_are_not_payload() -> None:
    body = bytes(11) + b"\xbe\xde\x00\x01" + b"\xaa" * 4 + b"voice" + b"\x00\x00\x03"
    assert RtpPacket.decode(b"\xb0" + body).payload == b"voice"


def test_another_version_is_refused() -> None:
    with pytest.raises(NotRtp):
        RtpPacket.decode(b"\x00" * 20)


def test_a_key_press_repeats_its_end_three_times() -> None:
    sent = key_events("0", first_sequence=7, timestamp=160, ssrc=1)
    assert {p.payload_type for p in sent} == {TELEPHONE_EVENT}
    assert [p.sequence for p in sent] == list(range(7, 16))
    assert [p.payload[1] >> 7 for p in sent] == [0] * 6 + [1] * 3
    assert sent[0].marker
    assert all(p.payload[0] == 0 for p in sent)
