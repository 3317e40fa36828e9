"""docs/checklist.md leaves out no line of the owner's two documents, and what it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# How many lines each section of the two documents has.
LINES = {
    "1.status": 1, "1.goal": 1, "1.0": 11, "1.1": 25, "1.2": 7, "1.3": 6, "1.4": 5, "1.5": 4, "1.6": 7, "1.7": 5, "1.end": 6,
    "2.status": 1, "2.goal": 1, "2.0": 15, "2.1": 8, "2.2": 7, "2.3": 9, "2.4": 7, "2.end": 6,
}  # fmt: skip

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/checklist.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [12]\.", line)
]


def files_in(cell: str) -> list[str]:
    return re.findall(r"\]\(\.\./([^)]+)\)", cell)


def test_no_line_is_left_out_and_none_is_out_of_order() -> None:
    expected = [
        name
        for section, lines in LINES.items()
        for name in ([section] if section.endswith(("status", "goal")) else [f"{section}.{line}" for line in range(1, lines + 1)])
    ]
    assert [row[0] for row in ROWS] == expected


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_line_is_fulfilled_by_a_file_or_says_why_not(row: list[str]) -> None:
    _, tick, asked, fulfilled_by, why = row
    assert asked
    assert tick == ("✓" if files_in(fulfilled_by) else "–")
    assert files_in(fulfilled_by) or why
    assert [file for file in files_in(fulfilled_by) if not (ROOT / file).exists()] == []
