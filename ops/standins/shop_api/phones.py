"""Telephone numbers as the shop takes them and as it keeps them."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,15}$")]


def normal(phone: str) -> str:
    """One form of a number, so that all ways of writing it are the same customer: 0671234567 -> +380671234567. Short ones stay."""
    digits = phone.removeprefix("+")
    if len(digits) == 10 and digits.startswith("0"):
        digits = f"38{digits}"
    return f"+{digits}" if len(digits) > 9 else digits
