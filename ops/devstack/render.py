"""Fill in the @NAME@ of the configuration files. The defaults stand in `variables.env` beside them (see there)."""

import re
from collections.abc import Mapping
from pathlib import Path

from .errors import DevStackError

VARIABLES_FILE = "variables.env"
_NAME = re.compile(r"@([A-Z][A-Z0-9_]*)@")


def defaults(text: str) -> dict[str, str]:
    """`NAME=value` lines; comments and empty lines are skipped."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def render(text: str, values: Mapping[str, str]) -> str:
    """The text with every @NAME@ replaced. Raises DevStackError for a name that has no value, or one that would break the file."""

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1], "")
        if not found:
            raise DevStackError(f"the variable {match[1]} has no value")
        if any(breaking in found for breaking in '\n";'):
            raise DevStackError(f"the value of {match[1]} holds a line break, a double quote or a semicolon")
        return found

    return _NAME.sub(value, text)


def render_folder(source: Path, target: Path, values: Mapping[str, str]) -> None:
    """Render every *.conf of `source` into `target`; raises DevStackError for a value that no file asks for (a spelling mistake)."""
    known = defaults((source / VARIABLES_FILE).read_text(encoding="utf-8"))
    if unknown := sorted(set(values) - set(known)):
        raise DevStackError(f"{VARIABLES_FILE} does not know {', '.join(unknown)}")
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.conf")):
        (target / path.name).write_text(render(path.read_text(encoding="utf-8"), {**known, **values}), encoding="utf-8")
