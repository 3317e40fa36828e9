from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.journal.errors import DirectoryInUse, DirectoryUnusable
from controller.journal.files import DirectoryLock, replace_file, segment_numbers, segment_path


def test_two_controllers_cannot_share_a_directory(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path / "journal")
    with pytest.raises(DirectoryInUse, match=rf"process {os.getpid()}: give each controller its own JOURNAL_DIRECTORY"):
        DirectoryLock(tmp_path / "journal")
    lock.release()
    DirectoryLock(tmp_path / "journal").release()


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    program = "import os, sys, pathlib\n"
    program += "from controller.journal.files import DirectoryLock as L\nL(pathlib.Path(sys.argv[1]))\nos.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", program, tmp_path], check=False).returncode == -9
    DirectoryLock(tmp_path).release()


def test_a_directory_that_cannot_be_made_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DirectoryUnusable, match="file/journal cannot be used: Not a directory"):
        DirectoryLock(tmp_path / "file" / "journal")


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path, durable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cursor"
    replace_file(path, b"first", durable=durable)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
        with pytest.raises(OSError, match="power cut"):
            replace_file(path, b"second", durable=durable)
    assert path.read_bytes() == b"first"
    replace_file(path, b"third", durable=durable)
    assert path.read_bytes() == b"third"


def test_only_segments_are_counted_as_segments(tmp_path: Path) -> None:
    for name in ("cursor", "lock", "000000000003.damaged", "notes.segment"):
        (tmp_path / name).write_text("")
    for number in (12, 2):
        segment_path(tmp_path, number).write_text("")
    assert segment_numbers(tmp_path) == [2, 12]
