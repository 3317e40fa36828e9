from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from controller.call import ids
from controller.call.state import Call, State
from controller.sheets.folder import FOLDER, SheetFolder
from controller.sheets.sheet import Sheet, decode, encode
from tests.waiting import until


def sheet(call_id: str, rounds: int = 0, memory: bytes = b"") -> Sheet:
    return Sheet(call=Call(call_id=call_id, channel_id="1.1", state=State.TALKING, rounds=rounds), memory=memory)


def left(directory: Path) -> list[Sheet]:
    return SheetFolder(directory).left()


def test_what_was_put_last_is_what_a_successor_finds(tmp_path: Path) -> None:
    one, other = ids.new_call_id(), ids.new_call_id()
    with SheetFolder(tmp_path) as folder:
        for rounds in range(50):
            folder.put(one, sheet(one, rounds, b"x" * (50 - rounds)))
        folder.put(other, sheet(other))
    assert sorted(left(tmp_path), key=lambda s: s.call.call_id) == sorted(
        [sheet(one, 49, b"x"), sheet(other)], key=lambda s: s.call.call_id
    )


async def test_a_call_that_is_over_leaves_nothing_behind(tmp_path: Path) -> None:
    call_id = ids.new_call_id()
    with SheetFolder(tmp_path) as folder:
        folder.put(call_id, sheet(call_id))
        await until(lambda: os.listdir(tmp_path / FOLDER))
        folder.drop(call_id)
    assert os.listdir(tmp_path / FOLDER) == []


def test_a_successor_writes_on_behind_the_one_before(tmp_path: Path) -> None:
    call_id = ids.new_call_id()
    for rounds in range(5):
        with SheetFolder(tmp_path) as folder:
            folder.put(call_id, sheet(call_id, rounds))
    assert left(tmp_path) == [sheet(call_id, 4)]


@given(cut=st.integers(0, 400), which=st.integers(0, 1))
@settings(max_examples=60, deadline=None)
def test_whatever_a_kill_leaves_of_the_file_that_was_being_written_the_other_counts(
    tmp_path_factory: pytest.TempPathFactory, cut: int, which: int
) -> None:
    directory, call_id = tmp_path_factory.mktemp("sheets"), ids.new_call_id()
    for rounds in (1, 2):
        with SheetFolder(directory) as folder:
            folder.put(call_id, sheet(call_id, rounds))
    torn = directory / FOLDER / f"{call_id}.{which}"
    whole = torn.read_bytes()
    torn.write_bytes(whole[:cut])
    newest = 2 if which == 1 or cut >= len(whole) else 1  # the second stands in .0, the first in .1
    assert left(directory) == [sheet(call_id, newest)]


def test_a_sheet_that_nobody_can_read_is_removed_and_the_others_are_found(tmp_path: Path) -> None:
    good, bad, foreign = ids.new_call_id(), ids.new_call_id(), ids.new_call_id()
    with SheetFolder(tmp_path) as folder:
        folder.put(good, sheet(good))
    (tmp_path / FOLDER / f"{bad}.0").write_bytes(b"noise")
    (tmp_path / FOLDER / f"{foreign}.1").write_bytes(b"")
    with SheetFolder(tmp_path) as folder:
        assert folder.left() == [sheet(good)]
    assert sorted({path.stem for path in (tmp_path / FOLDER).iterdir()}) == [good]


async def test_a_disk_that_fails_is_told_and_the_next_sheet_heals_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call_id = ids.new_call_id()
    with SheetFolder(tmp_path) as folder:
        folder.put(call_id, sheet(call_id, 1))
        await until(lambda: left(tmp_path) == [sheet(call_id, 1)])
        with monkeypatch.context() as broken:
            broken.setattr("controller.sheets.folder.os.pwrite", _no_space)
            folder.put(call_id, sheet(call_id, 2))
            await until(lambda: folder.failing)
            assert folder.failing == "No space left on device"
        folder.put(call_id, sheet(call_id, 3))
    assert not folder.failing
    assert left(tmp_path) == [sheet(call_id, 3)]


def _no_space(*_: object) -> int:
    raise OSError(28, "No space left on device")


def test_a_sheet_survives_its_encoding_with_everything_the_machine_knows() -> None:
    one = replace(sheet(ids.new_call_id(), 2, b"\x00\xff"), media={"frames_sent": 3}, adopted_at_ms=(1, 2))
    assert decode(encode(one)) == one
