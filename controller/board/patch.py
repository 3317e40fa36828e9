"""JSON merge patches (RFC 7396): what changed of a value, and the value with the change. Pure.

A field that is null in a patch is taken away, so null and absent are the same here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest patch that makes *after* of *before*; empty if nothing changed."""
    patch: dict[str, Any] = {name: None for name in before if name not in after and before[name] is not None}
    for name, value in after.items():
        known = before.get(name)
        if known == value and type(known) is type(value):
            continue
        patch[name] = difference(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return patch


def merged(target: Any, patch: Any) -> Any:
    """*target* with *patch*; neither is changed."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
