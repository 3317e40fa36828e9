"""The key that a stand-in demands: from a variable, or from the file that the variable with _FILE names, as the controller's own."""

from __future__ import annotations

import os
from pathlib import Path

from controller.secret_files import file_variable, read_secret


def demanded_key(variable: str) -> str:
    """Empty: any key is right. Raises ``controller.secret_files.SecretFileError``."""
    path = os.environ.get(file_variable(variable), "")
    return read_secret(file_variable(variable), Path(path)) if path else os.environ.get(variable, "")
