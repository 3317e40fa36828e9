"""Finding a model and joining its parts."""

import hashlib
from pathlib import Path

import pytest

from ops.standins.google_stt_model import joined, local_model

WHOLE = b"first half, second half"


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    (first / "model.bin.part1").write_bytes(WHOLE[:11])
    (second / "model.bin.part2").write_bytes(WHOLE[11:])
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (first / name).write_text(name)
    return first, second


def test_two_parts_become_one_checked_folder(tmp_path: Path, parts: tuple[Path, Path]) -> None:
    folder = joined(*parts, tmp_path / "cache" / "base", hashlib.sha256(WHOLE).hexdigest())
    assert (folder / "model.bin").read_bytes() == WHOLE
    assert {path.name for path in folder.iterdir()} == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}
    (parts[0] / "model.bin.part1").unlink()
    assert joined(*parts, folder, "not read again") == folder


def test_parts_of_another_model_are_refused_and_leave_nothing(tmp_path: Path, parts: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="not the one"):
        joined(*parts, tmp_path / "cache" / "base", "0" * 64)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHISPER_MODEL", str(tmp_path))
    assert local_model() == tmp_path
    monkeypatch.setenv("WHISPER_MODEL", str(tmp_path / "nowhere"))
    assert local_model() is None
