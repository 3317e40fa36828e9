"""How the machine's values are named in the journal: ``LineOpened`` is ``line_opened.1``; the number is its version.

A field may be added with a default. Any other change is a new class with an explicit tag ``line_opened.2``; the old one stays readable.
"""

from __future__ import annotations

import re


def first_version(class_name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name).lower() + ".1"
