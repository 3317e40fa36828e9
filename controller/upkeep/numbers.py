"""One telephone number, however it is written: as a pattern that finds it in a text. Pure.

    +380671234567   067 123-45-67   (067) 1234567   80671234567   00380671234567   671234567      are one customer
    2380671234567   0671234567.1 in a row of digits                                              are other things

In words ("нуль шістдесят сім ...") it is not found; nor is a number that somebody broke off or corrected while he said it.
"""

from __future__ import annotations

UKRAINE = "+380"
_PREFIXES = ("", "0", "80", "380", "00380")
_BETWEEN = r"[-\s\u00a0().‐‑–/]*"


def pattern(phone: str) -> str:
    """A regular expression, for PostgreSQL and Python alike: *phone* (as ``agent.phone.normalise`` gives it), however it is written."""
    choices = "|".join(_BETWEEN.join(form) for form in sorted(_forms(phone), key=len, reverse=True))
    return rf"[+(]{{0,2}}(?<![0-9])(?:{choices})(?![0-9])"


def masked(phone: str) -> str:
    """As a log shows it: enough for who knows the number to find it, and not the number."""
    return f"{phone[:-7]}***{phone[-4:]}"


def _forms(phone: str) -> list[str]:
    """Each way to write it in digits alone."""
    digits = phone.removeprefix("+")
    if phone.startswith(UKRAINE):
        return [prefix + phone.removeprefix(UKRAINE) for prefix in _PREFIXES]
    return [digits, f"00{digits}"]
