"""Everything that is fuzzed, by name."""

from __future__ import annotations

from ops.fuzz.target import Target
from ops.fuzz.targets import api, ari, audiosocket, journal, model

TARGETS: dict[str, Target] = {one.TARGET.name: one.TARGET for one in (audiosocket, ari, api, model, journal)}
