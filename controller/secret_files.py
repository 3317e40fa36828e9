"""Secrets from files: ``ARI_PASSWORD_FILE=/run/secrets/ari_password`` in place of ``ARI_PASSWORD``, as container engines hand them over.

A file is not shown by ``docker inspect``, is not inherited by child processes, and is changed without touching the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

SUFFIX = "_FILE"
SIZE_MAX = 16_384  # a secret is a line; what is longer was named by mistake


class SecretFileError(Exception):
    """*variable* names a file that we cannot use; *what* says why, without its content."""

    def __init__(self, variable: str, what: str) -> None:
        super().__init__(f"{variable} {what}")
        self.variable, self.what = variable, what


def is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def file_variable(variable: str) -> str:
    return variable + SUFFIX


def read_secret(variable: str, path: Path) -> str:
    """The file's text without the line break at its end. Raises SecretFileError."""
    try:
        if path.stat().st_size > SIZE_MAX:
            raise SecretFileError(variable, f"names a file of more than {SIZE_MAX} bytes, which is no secret: {path}")
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretFileError(variable, f"names a file that cannot be read: {path}: {reason}") from None
    if not text:
        raise SecretFileError(variable, f"names an empty file: {path}")
    return text


class SecretFiles(PydanticBaseSettingsSource):
    """The secrets of one group whose ``_FILE`` is set; *given* are the variables, by lower-case name."""

    def __init__(self, settings: type[BaseSettings], given: Mapping[str, str | None]) -> None:
        super().__init__(settings)
        self._given = given

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{self.config.get('env_prefix', '')}{field_name}".upper()
        path = self._given.get(file_variable(variable).lower())
        if not is_secret(field) or not path:
            return None, field_name, False
        if self._given.get(variable.lower()):
            raise SecretFileError(file_variable(variable), f"is set, and {variable} as well: which of them counts?")
        return SecretStr(read_secret(file_variable(variable), Path(path))), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = ((name, self.get_field_value(field, name)[0]) for name, field in self.settings_cls.model_fields.items())
        return {name: value for name, value in values if value is not None}
