"""docs/threats.md names, for each threat, a test that is there, or says why the threat is accepted."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/threats.md").read_text(encoding="utf-8")
DOORS = (
    "The caller",
    "SIP",
    "ARI",
    "AudioSocket",
    "API",
    "Console",
    "Call from the browser",
    "The model",
    "The shop's API",
    "Data: journal, PostgreSQL, Redis, logs, backups",
    "Operators and supervisors",
)
KINDS = set("STRIDE")
_ACCEPTED = re.compile(r"accepted: \S.{20,}")


def rows(section: str) -> list[list[str]]:
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


SECTIONS = {title: rows(text) for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}
THREATS = [(title, *row) for title in DOORS for row in SECTIONS.get(title, [])]


def named_tests(cell: str) -> list[str]:
    return re.findall(r"`(tests/[^`]+)`", cell)


def is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    file = ROOT / path
    return file.is_file() and bool(re.search(rf"def {name}\(" if name else r"def test_", file.read_text(encoding="utf-8")))


def test_every_door_has_its_threats_and_every_kind_of_threat_occurs() -> None:
    assert list(SECTIONS) == [*DOORS, "Limits at each door"]
    assert all(len(SECTIONS[door]) >= 4 for door in DOORS)
    assert {kind for _, _, kinds, *_ in THREATS for kind in kinds.split()} == KINDS


@pytest.mark.parametrize("threat", THREATS, ids=[f"{door}: {what[:50]}" for door, what, *_ in THREATS])
def test_a_threat_names_what_stops_it_and_a_test_that_is_there(threat: tuple[str, ...]) -> None:
    _, what, kinds, stopped_by, covered_by = threat
    assert what
    assert stopped_by
    assert kinds
    assert set(kinds.split()) <= KINDS
    named = named_tests(covered_by)
    assert named or _ACCEPTED.search(covered_by), "no test, and no reason"
    assert [test for test in named if not is_there(test)] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert is_there("tests/unit/test_threats.py::test_a_test_that_is_not_there_is_noticed")
    assert not is_there("tests/unit/test_threats.py::test_that_nobody_wrote")
    assert not is_there("tests/unit/no_such_file.py")
    assert not _ACCEPTED.search("accepted")


def test_each_limit_is_where_the_page_says() -> None:
    for _, _, setting in SECTIONS["Limits at each door"]:
        for name in re.findall(r"`([^`]+)`", setting):
            if name.isupper():
                assert any(name in (ROOT / file).read_text(encoding="utf-8") for file in (".env.example", "asterisk/variables.env")), name
            elif "/" in name:
                assert (ROOT / name).is_file(), name
