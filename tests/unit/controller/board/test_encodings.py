from __future__ import annotations

from controller.board.encodings import PARTS, Encodings
from controller.board.shapes import Shape


class Making:
    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, item: Shape) -> bytes:
        self.made.append(item["n"])
        return b"%d" % item["n"]


def test_an_item_is_encoded_once_for_each_part_until_it_is_replaced() -> None:
    encodings, make = Encodings(), Making()
    items: list[Shape] = [{"n": 1}, {"n": 2}]
    assert encodings.of("a", items, make) == encodings.of("a", items, make) == [b"1", b"2"]
    assert encodings.of("b", items, make) == [b"1", b"2"]
    assert make.made == [1, 2, 1, 2]
    assert encodings.of("a", [{"n": 3}, items[0]], make) == [b"3", b"1"]
    assert make.made[4:] == [3]
    assert encodings.of("a", items, make) == [b"1", b"2"]
    assert make.made[5:] == [2], "what was not there is forgotten"


def test_what_was_prepared_is_not_encoded_again() -> None:
    encodings, make = Encodings(), Making()
    items: list[Shape] = [{"n": 1}, {"n": 2}, {"n": 3}]
    assert [encodings.prepare("a", items[:2], make), encodings.prepare("a", items, make), encodings.prepare("a", items, make)] == [2, 1, 0]
    assert encodings.of("a", items, make) == [b"1", b"2", b"3"]
    assert make.made == [1, 2, 3]


def test_only_so_many_parts_are_kept_those_that_were_wanted_last() -> None:
    encodings, make = Encodings(), Making()
    item: Shape = {"n": 1}
    for part in range(PARTS + 1):
        encodings.of(part, [item], make)
        encodings.of(0, [item], make)
    made = len(make.made)
    encodings.of(0, [item], make)
    encodings.of("empty", [], make)
    encodings.of(PARTS, [item], make)
    assert len(make.made) == made
    encodings.of(1, [item], make)
    assert len(make.made) == made + 1
