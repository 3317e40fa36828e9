"""Which settings are secrets: what masking hides in logs and answers. Found in the settings' own types, so that a new one is hidden too."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote, urlsplit

from controller.secret_files import is_secret
from controller.settings import GROUPS, AriSettings, Settings
from controller.settings_base import Group


def secrets_of(settings: Settings) -> list[str]:
    """Every value that must not be readable anywhere, in each form that a library's message may have it in."""
    return secrets_in(getattr(settings, name) for name in GROUPS)


def secrets_in(groups: Iterable[Group]) -> list[str]:
    found: list[str] = []
    for group in groups:
        for name, field in type(group).model_fields.items():
            if is_secret(field):
                found += _parts(getattr(group, name).get_secret_value())
        if isinstance(group, AriSettings):
            found.append(base64.b64encode(f"{group.username}:{group.password.get_secret_value()}".encode()).decode())
    return list(dict.fromkeys(form for secret in found if secret for form in _forms(secret)))


def _parts(value: str) -> list[str]:
    """Of an address its password as well, as messages quote it."""
    password = urlsplit(value).password if "://" in value else None
    return [value, password, unquote(password)] if password else [value]


def _forms(secret: str) -> list[str]:
    """As it is, in an address, and quoted by Python or JSON."""
    return [secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1]]
