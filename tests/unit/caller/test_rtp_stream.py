import pytest

from ops.caller.g711 import ALAW, ULAW
from ops.caller.rtp import TELEPHONE_EVENT, RtpPacket
from ops.caller.rtp_stream import SAMPLES, RtpStream

FRAME = b"\x00\x10" * SAMPLES


def packets(stream: RtpStream, count: int) -> list[RtpPacket]:
    sent = [stream.due() for _ in range(count)]
    return [RtpPacket.decode(datagram) for datagram in sent if datagram is not None]


def test_a_phone_that_says_nothing_sends_silence() -> None:
    assert [p.payload for p in packets(RtpStream(ALAW), 3)] == [ALAW.silence * SAMPLES] * 3


def test_a_phone_that_suppresses_silence_sends_speech_only_and_marks_where_it_begins() -> None:
    stream = RtpStream(suppresses_silence=True)
    assert stream.due() is None
    stream.say(FRAME * 2)
    sent = packets(stream, 5)
    assert [p.payload for p in sent] == [ULAW.encode(FRAME)] * 2
    assert [p.marker for p in sent] == [True, False]


def test_time_goes_on_while_nothing_is_sent() -> None:
    stream = RtpStream(suppresses_silence=True)
    stream.say(FRAME)
    (first,) = packets(stream, 10)
    stream.say(FRAME)
    (second,) = packets(stream, 1)
    assert second.timestamp - first.timestamp == 10 * SAMPLES
    assert second.sequence - first.sequence == 1


def test_a_stall_costs_time_and_no_speech() -> None:
    stream = RtpStream()
    stream.say(FRAME * 2)
    (first,) = packets(stream, 1)
    late = RtpPacket.decode(stream.due(rounds=7) or b"")
    assert late.timestamp - first.timestamp == 7 * SAMPLES
    assert late.payload == ULAW.encode(FRAME)


def test_the_last_frame_is_filled_up_with_silence() -> None:
    stream = RtpStream()
    stream.say(FRAME + FRAME[:20])
    assert packets(stream, 2)[1].payload == ULAW.encode(FRAME[:20]) + ULAW.silence * (SAMPLES - 10)


def test_a_key_takes_the_place_of_the_audio_and_no_speech_is_lost() -> None:
    stream = RtpStream()
    stream.say(FRAME)
    stream.press("0")
    assert stream.speaking
    sent = packets(stream, 10)
    assert [p.payload_type for p in sent] == [TELEPHONE_EVENT] * 9 + [ULAW.payload_type]
    assert len({p.timestamp for p in sent[:9]}) == 1
    assert [p.sequence - sent[0].sequence for p in sent] == list(range(10))
    assert not stream.speaking


def test_keys_pressed_in_a_row_are_separate_events() -> None:
    stream = RtpStream(suppresses_silence=True)
    stream.press("0")
    stream.press("0")
    sent = packets(stream, 20)
    assert [p.marker for p in sent] == ([True] + [False] * 8) * 2
    assert len({p.timestamp for p in sent}) == 2


@pytest.mark.parametrize("key", ["", "12", "x"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        RtpStream().press(key)
