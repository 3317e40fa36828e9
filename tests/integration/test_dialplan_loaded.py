"""Every application and function the dialplan names is loaded: a missing module shows only when a call gets there."""

import re

import pytest

from ops.devstack import DevStack
from ops.devstack.asterisk import CONFIGURATION

DIALPLAN = re.sub(r"^;.*\n", "", (CONFIGURATION / "extensions.conf").read_text(encoding="utf-8"), flags=re.M)
APPLICATIONS = sorted(
    set(re.findall(r"(?:exten => [^,]+,\d+,|same => n(?:\([a-z]+\))?,)(\w+)\(", DIALPLAN)) | set(re.findall(r"\?([A-Z]\w+)\(", DIALPLAN))
)
FUNCTIONS = sorted(set(re.findall(r"\$\{([A-Z_]+)\(", DIALPLAN)) | set(re.findall(r"Set\(([A-Z_]+)\(", DIALPLAN)))


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_application_is_loaded(stack: DevStack, name: str) -> None:
    assert f"-= Info about Application '{name}' =-" in stack.asterisk.cli(f"core show application {name}")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_is_loaded(stack: DevStack, name: str) -> None:
    assert f"-= Info about Function '{name}' =-" in stack.asterisk.cli(f"core show function {name}")


def test_there_is_something_to_check() -> None:
    assert {"Stasis", "Queue", "Dial", "ExecIf", "Set", "Hangup"} <= set(APPLICATIONS)
    assert {"IF", "GROUP", "GROUP_COUNT"} <= set(FUNCTIONS)
