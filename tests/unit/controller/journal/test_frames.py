from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.journal.frames import MARKER, OVERHEAD, frame, scan

payloads = st.lists(st.binary(max_size=60) | st.just(MARKER * 3), max_size=12)


def written(payloads: list[bytes]) -> bytes:
    return b"".join(frame(number, number * 10, payload) for number, payload in enumerate(payloads, 1))


def ends(payloads: list[bytes]) -> list[int]:
    sizes = [len(payload) + OVERHEAD for payload in payloads]
    return [sum(sizes[: number + 1]) for number in range(len(sizes))]


@given(payloads)
def test_what_was_written_is_read_back(payloads: list[bytes]) -> None:
    found = scan(written(payloads))
    assert [(one.sequence, one.at_ms, one.payload) for one in found.frames] == [
        (number, number * 10, payload) for number, payload in enumerate(payloads, 1)
    ]
    assert (found.consumed, found.damaged) == (len(written(payloads)), 0)


@given(payloads, st.data())
def test_a_torn_tail_costs_only_the_torn_record(payloads: list[bytes], data: st.DataObject) -> None:
    whole = written(payloads)
    size = data.draw(st.integers(0, len(whole)))
    found = scan(whole[:size])
    whole_ones = [end for end in ends(payloads) if end <= size]
    assert [one.end for one in found.frames] == whole_ones
    assert found.consumed == (whole_ones[-1] if whole_ones else 0)


@given(payloads.filter(bool), st.data())
def test_a_flipped_bit_costs_only_the_record_it_is_in(payloads: list[bytes], data: st.DataObject) -> None:
    spoilt = bytearray(written(payloads))
    bit = data.draw(st.integers(0, len(spoilt) * 8 - 1))
    spoilt[bit // 8] ^= 1 << bit % 8
    hit = next(number for number, end in enumerate(ends(payloads)) if bit // 8 < end)
    found = scan(bytes(spoilt))
    assert [one.payload for one in found.frames] == payloads[:hit] + payloads[hit + 1 :]
    last = hit == len(payloads) - 1
    assert found.damaged == (0 if last else len(payloads[hit]) + OVERHEAD)  # a spoilt last record is a torn tail


@given(st.binary(max_size=400))
def test_garbage_never_raises(data: bytes) -> None:
    found = scan(data)
    assert found.consumed <= len(data)


@given(payloads, st.integers(1, 5))
def test_reading_in_portions_gives_the_same_records(payloads: list[bytes], limit: int) -> None:
    data, seen = written(payloads), []
    while portion := scan(data, limit=limit):
        if not portion.frames:
            break
        assert len(portion.frames) <= limit
        seen += [one.payload for one in portion.frames]
        data = data[portion.consumed :]
    assert seen == payloads
