from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audiosocket.audio import SLIN8, SLIN16
from audiosocket.reframe import Reframer


@given(st.lists(st.binary(max_size=1_000)))
def test_whatever_comes_in_goes_out_in_frames_and_nothing_is_lost(pieces: list[bytes]) -> None:
    reframer = Reframer(SLIN8)
    frames = [frame for piece in pieces for frame in reframer.push(piece)]
    stream = b"".join(pieces)
    assert all(len(frame) == 320 for frame in frames)
    assert b"".join(frames) == stream[: len(stream) - len(stream) % 320]


def test_a_frame_of_the_right_size_is_handed_on_as_it_is() -> None:
    frame = bytes(range(256)) * 2 + bytes(128)
    (handed_on,) = Reframer(SLIN16).push(frame)
    assert handed_on is frame
