"""A real Asterisk, PostgreSQL and Valkey for development, demo and tests: no Docker, no root, nothing installed, nothing left behind."""

from .errors import DevStackError, NotAvailable, ServiceFailed
from .packages import Root, unpacked
from .processes import Process
from .stack import ALL_PARTS, DevStack

__all__ = ["ALL_PARTS", "DevStack", "DevStackError", "NotAvailable", "Process", "Root", "ServiceFailed", "unpacked"]
