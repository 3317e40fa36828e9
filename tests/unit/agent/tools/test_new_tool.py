"""What the documentation shows is what is run here."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from agent.tools.catalogue import CATALOGUE
from agent.tools.tool import Desk, Tool, ToolResult, no, tool
from tests.fakes.desk import a_desk

PAGE = Path(__file__).parents[4] / "docs" / "new-tool.md"
IMPORTED = {"msgspec": msgspec, "Annotated": Annotated, "Meta": Meta, "Desk": Desk, "ToolResult": ToolResult, "no": no, "tool": tool}


@pytest.fixture
def snippet() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


@pytest.fixture
def catalogue(snippet: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Tool[Any], ...]:
    """As if it stood in a file of ``agent/tools``."""
    module = types.ModuleType("agent.tools.opening_hours")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    vars(module).update(IMPORTED, CATALOGUE=CATALOGUE)
    exec(compile(snippet, str(PAGE), "exec"), vars(module))
    return tuple(vars(module)["CATALOGUE"])


def test_the_page_shows_it_in_ten_lines(snippet: str) -> None:
    assert sum(bool(line.strip()) for line in snippet.splitlines()) <= 10


async def test_the_tool_of_the_page_works(catalogue: tuple[Tool[Any], ...]) -> None:
    assert catalogue[:-1] == CATALOGUE
    new = catalogue[-1]
    assert new.name == "get_opening_hours"
    assert new.spec.schema["required"] == ["city"]
    assert (await new.use({"city": "Київ"}, a_desk())).content["hours"] == "щодня з 09:00 до 19:00"
    assert not (await new.use({"city": "Умань"}, a_desk())).success
    assert "Хибні аргументи" in (await new.use({}, a_desk())).content["error"]


def test_every_name_in_code_marks_on_the_page_exists() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path in re.findall(r"`(agent/[\w/]+(?:\.py)?)/?`", page):
        assert (PAGE.parents[1] / path).exists(), path
