from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from controller.log_stream.filter import Filter, View
from controller.log_stream.line import Line, end, gap
from controller.log_stream.tape import Tape, event, picked
from controller.masking import Masking
from tests.unit.controller.log_stream.lines import CALL, OTHER, line

ALL = View(Filter(), Masking())


def tape_of(*batches: Iterable[Line], max_lines: int = 1_000) -> Tape:
    tape = Tape("one", 100, max_lines=max_lines)
    for batch in batches:
        tape.put(batch)
        tape.seal()
    return tape


def test_a_batch_begins_where_the_one_before_ended() -> None:
    tape = tape_of([line(101), line(102)], [line(110)])
    first, second = tape.get(1), tape.get(2)
    assert first is not None
    assert second is not None
    assert (first.start, first.end) == ({"one": 100}, {"one": 102})
    assert (second.start, second.end) == ({"one": 102}, {"one": 110})
    assert tape.get(3) is None
    assert tape.cursor == {"one": 110}


def test_of_an_empty_moment_no_batch_is_made() -> None:
    tape = tape_of([], [line(101)])
    assert tape.next_number == 2


def test_it_is_bounded_and_knows_up_to_where_it_has_forgotten() -> None:
    tape = tape_of(*([line(100 + n * 10 + m) for m in range(1, 6)] for n in range(10)), max_lines=20)
    assert tape.lines == 20
    assert (tape.gone(6), tape.gone(7)) == (True, False)
    assert tape.floor("one") == 155
    assert tape.behind({"one": 154}) == ["one"]
    assert tape.behind({"one": 155}) == []
    assert tape.first_after({"one": 155}) == 7
    assert tape.first_after({"one": 161}) == 7
    assert tape.first_after({"one": 165}) == 8
    assert tape.first_after({"one": 195}) == tape.next_number


def test_it_is_bounded_by_bytes_too() -> None:
    tape = Tape("one", 100, max_bytes=10_000)
    for position in range(101, 121):
        tape.put([line(position, "x" * 1_000)])
        tape.seal()
    assert tape.lines == 8
    assert tape.floor("one") == 112


def test_an_app_that_a_reader_tells_of_is_in_all_later_places() -> None:
    tape = tape_of([line(101)])
    tape.learn("two", 50)
    assert tape.cursor == {"one": 101, "two": 50}
    tape.put([line(51, app="two")])
    batch = tape.seal()
    assert batch is not None
    assert batch.start == {"one": 101, "two": 50}
    assert batch.end == {"one": 101, "two": 51}
    tape.learn("two", 999)
    assert tape.cursor == batch.end, "what is known is known"


def test_each_events_id_is_the_place_behind_it() -> None:
    tape = tape_of([line(101)])
    tape.learn("two", 50)
    tape.put([line(51, app="two"), line(103), gap("two", 51, 60, "away")])
    batch = tape.seal()
    assert batch is not None
    ids = [part.split(b"\n")[0] for part in batch.chunk(ALL).split(b"\n\n") if part]
    assert ids == [b"id: one:101,two:51", b"id: one:103,two:51", b"id: one:103,two:60"]
    assert b"\nevent: gap\n" in batch.chunk(ALL)


def test_readers_with_equal_filters_share_and_each_filter_gets_its_own() -> None:
    tape = tape_of(
        [line(101, "зимові шини"), line(102, call=OTHER), gap("one", 102, 103, "away"), line(104, level="err"), end("one", 104, CALL)]
    )
    batch = tape.get(1)
    assert batch is not None
    assert batch.chunk(View(Filter(call=CALL), Masking())) is batch.chunk(View(Filter(call=CALL), Masking()))
    assert batch.ended == {CALL}
    for chosen, places in (
        (Filter(), [101, 102, 103, 104]),
        (Filter(call=CALL), [101, 103, 104]),
        (Filter(call=OTHER), [102, 103]),
        (Filter(level="err"), [103, 104]),
        (Filter(text="Шини"), [101, 103]),
        (Filter(text="нема"), [103]),
        (Filter(call="nobody"), [103]),
    ):
        chunk = batch.chunk(View(chosen, Masking()))
        assert [int(part.split(b"\n")[0].rpartition(b":")[2]) for part in chunk.split(b"\n\n") if part] == places, chosen


_BATCHES = st.lists(
    st.lists(st.tuples(st.sampled_from(["one", "two"]), st.sampled_from([CALL, OTHER]), st.sampled_from(["", "err"])), max_size=5),
    max_size=8,
)
_FILTERS = st.builds(
    Filter, call=st.sampled_from(["", CALL, OTHER]), level=st.sampled_from(["", "err"]), text=st.sampled_from(["", "Told", "x"])
)


@given(_BATCHES, _FILTERS, st.integers(0, 40))
def test_in_step_or_by_himself_a_reader_gets_the_same(batches: list[list[tuple[str, str, str]]], chosen: Filter, begins: int) -> None:
    """And what he gets is what was put in behind his place."""
    tape, number, all_lines = Tape("one", 0), 0, list[Line]()
    tape.learn("two", 0)
    for batch in batches:
        for app, call, level in batch:
            number += 1
            all_lines.append(line(number, app=app, call=call, level=level))
            tape.put(all_lines[-1:])
        tape.seal()
    view = View(chosen, Masking())
    shared = b"".join(made.chunk(view) for at in range(1, tape.next_number) if (made := tape.get(at)))
    alone = b"".join(map(event, picked(all_lines, {"one": 0, "two": 0}, view)))
    assert shared == alone
    place = {"one": begins, "two": begins}
    later = [made for at in range(tape.first_after(place), tape.next_number) if (made := tape.get(at))]
    news = [one.line.position for made in later for one in picked(made.lines, place, view)]
    assert news == [one.position for one in all_lines if one.position > begins and view.picks(one)]
