"""Filling in the configuration, and the configuration's own consistency: every variable is documented, given or defaulted, and used."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.devstack.asterisk import CONFIGURATION
from ops.devstack.errors import DevStackError
from ops.devstack.render import VARIABLES_FILE, defaults, render, render_folder

NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters='@"\n;', codec="utf-8"), min_size=1)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_every_name_is_replaced_by_its_value(values: dict[str, str]) -> None:
    text = " ".join(f"@{name}@" for name in values)
    assert render(text, values) == " ".join(values.values())


def test_the_dialplans_own_variables_and_mail_addresses_are_left_alone() -> None:
    text = "exten => s,1,Dial(${EXTEN}) ; op1@ops/n somebody@example.com Local/op1@ops"
    assert render(text, {}) == text


@pytest.mark.parametrize("value", ["", "two\nlines", 'a "quote"', "a;comment"])
def test_a_missing_or_breaking_value_is_refused(value: str) -> None:
    with pytest.raises(DevStackError, match="ARI_PASSWORD"):
        render("password = @ARI_PASSWORD@", {"ARI_PASSWORD": value})


def test_defaults_skip_comments_and_keep_equals_signs() -> None:
    assert defaults("# no\n\nA=1\nB=x=y\nEMPTY=\n") == {"A": "1", "B": "x=y", "EMPTY": ""}


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DevStackError, match="ARI_PASWORD"):
        render_folder(CONFIGURATION, tmp_path, {"ARI_PASWORD": "x"})


def names_in_files() -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in CONFIGURATION.glob("*.conf"))
    return set(re.findall(r"@([A-Z][A-Z0-9_]*)@", text))


def test_the_variables_file_lists_exactly_what_the_files_use() -> None:
    assert set(defaults((CONFIGURATION / VARIABLES_FILE).read_text(encoding="utf-8"))) == names_in_files()


def test_no_password_has_a_default() -> None:
    known = defaults((CONFIGURATION / VARIABLES_FILE).read_text(encoding="utf-8"))
    assert [name for name, value in known.items() if "PASSWORD" in name and value] == []


def test_every_module_is_named_once() -> None:
    modules = re.findall(r"^(?:load|require) = (\S+)$", (CONFIGURATION / "modules.conf").read_text(encoding="utf-8"), flags=re.M)
    assert len(modules) == len(set(modules)) > 50
