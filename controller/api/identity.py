"""Who asks, and what his role includes. Pure.

viewer      looks: calls, talks, health; numbers masked
developer   and the logs of events
supervisor  and acts: on calls, on call backs
admin       and tokens, and who did what
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from controller.control import Person


class Role(enum.StrEnum):
    """In order: each includes the former."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody whose token or session was good a moment ago."""

    person: str
    role: Role
    telephone: str = ""  # what Asterisk dials to reach him, as PJSIP/sup1; from his token, never from a request
    numbers: bool = False  # sees telephone numbers in full
    token_id: str = ""
    expires_at: datetime | None = None
    csrf: str = ""  # what a browser's session must send with whatever changes something; empty with a bearer token

    @property
    def as_person(self) -> Person:
        return Person(name=self.person, role=self.role.value, telephone=self.telephone)
