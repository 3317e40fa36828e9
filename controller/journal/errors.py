"""Errors of the journal. All of them come from opening it: once it is open, nothing in it raises into a call.

JournalError
├── DirectoryInUse       another controller writes here; each needs a directory of its own
└── DirectoryUnusable    the directory cannot be made, read or written
"""

from __future__ import annotations


class JournalError(Exception):
    """Base: the journal cannot be opened."""


class DirectoryInUse(JournalError):
    pass


class DirectoryUnusable(JournalError):
    pass
