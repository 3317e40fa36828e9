"""The compose files as plain values. ``docker compose config`` judges their grammar; tests judge what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
PRODUCTION, STAGING, DEVELOPMENT = "docker-compose.yml", "docker-compose.staging.yml", "docker-compose.dev.yml"
FILES = (PRODUCTION, STAGING, DEVELOPMENT)

Service = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Knows compose's own tags: ``!reset`` leaves nothing, ``!override`` what follows."""


_Loader.add_constructor("!reset", lambda loader, node: None)


def _overridden(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else None


_Loader.add_constructor("!override", _overridden)


def load(name: str) -> dict[str, Any]:
    return dict(yaml.load((ROOT / name).read_text(encoding="utf-8"), _Loader))


def services(name: str) -> dict[str, Service]:
    return dict(load(name)["services"])


def interpolated(name: str) -> dict[str, str]:
    """Each ``${NAME:-default}`` of a file that has a default, and that default."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {found[1]: found[2] for found in re.finditer(r"\$\{([A-Z_]+):-([^}]*)\}", text)}


def environment(service: Service) -> dict[str, str | None]:
    return dict(service.get("environment") or {})
