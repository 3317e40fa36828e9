"""What the repository names, read from where it names it: pure.

requirements*.lock          each Python package with its version, its hashes and where it is wanted at all
compose files, Dockerfiles  images that we run or build on, with what is installed into them
page/vendor                 two libraries for browsers, taken over as they were published
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?: *; *(?P<marker>[^\\]+?))? *\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_IMAGE = re.compile(r"^\s*(?:image:|FROM)\s+(?P<name>[a-z0-9./_-]+):(?P<tag>[\w.-]+)(?:@sha256:(?P<digest>[0-9a-f]{64}))?", re.MULTILINE)
_INSTALLED = re.compile(r"apt-get install -y --no-install-recommends ([^&\n]+)")
OURS = "callctl/"
VENDORED = {"lit-html": "controller/console/page/vendor/lit-html/README.md", "jssip": "controller/web_calls/page/vendor/README.md"}


@dataclass(frozen=True, slots=True)
class Part:
    kind: str  # of a package URL: pypi, docker, deb, npm
    name: str
    version: str = ""  # empty: as new as the image's distribution has it
    sha256: tuple[str, ...] = field(default=(), repr=False)
    marker: str = ""  # where it is wanted, if not everywhere


def locked(lock: str) -> list[Part]:
    """The packages of a lock; raises ValueError for a line that is none, so that nothing is left out silently."""
    parts: list[Part] = []
    for line in filter(None, map(str.strip, lock.splitlines())):
        if found := _HASH.search(line):
            last = parts.pop()
            parts.append(Part(last.kind, last.name, last.version, (*last.sha256, found[1]), last.marker))
        elif match := _LOCKED.match(line):
            parts.append(Part("pypi", match["name"].lower(), match["version"], marker=(match["marker"] or "").strip()))
        elif not line.startswith("#"):
            raise ValueError(f"no package: {line}")
    return parts


def images(*texts: str) -> list[Part]:
    """Those of others; each once."""
    found = (match for text in texts for match in _IMAGE.finditer(text) if not match["name"].startswith(OURS))
    return sorted(
        {Part("docker", match["name"], match["tag"], (match["digest"],) if match["digest"] else ()) for match in found},
        key=lambda part: (part.name, part.version),
    )


def installed(dockerfile: str) -> list[Part]:
    """Debian's packages that a Dockerfile names; what they bring along is the image's scan's business."""
    names = {name for packages in _INSTALLED.findall(dockerfile) for name in packages.split()}
    return [Part("deb", name) for name in sorted(names)]


def vendored(root: Path) -> Iterator[Part]:
    """Their versions stand in the READMEs beside them; raises ValueError where one does not."""
    for name, path in VENDORED.items():
        told = re.search(rf"\b{name}\b[` a-z]* (\d+\.\d+\.\d+)", (root / path).read_text(encoding="utf-8"), flags=re.IGNORECASE)
        if told is None:
            raise ValueError(f"{path} does not tell the version of {name}")
        yield Part("npm", name, told[1])


def delivered(root: Path) -> dict[str, list[Part]]:
    """By the name of the file: the controller as it runs, the images around it, what it is made and tested with."""
    locks = {path.name: locked(path.read_text(encoding="utf-8")) for path in sorted(root.glob("requirements*.lock"))}
    dockerfiles = [
        path.read_text(encoding="utf-8") for path in (root / "Dockerfile", root / "asterisk/Dockerfile", root / "ops/proxy/Dockerfile")
    ]
    compose = [path.read_text(encoding="utf-8") for path in sorted(root.glob("docker-compose*.yml"))]
    runs = locks.pop("requirements.lock")
    known = set(runs)
    others = {part for parts in locks.values() for part in parts} - known
    return {
        "controller": [*runs, *vendored(root)],
        "images": [*images(*dockerfiles, *compose), *(part for text in dockerfiles for part in installed(text))],
        "development": sorted(others, key=lambda part: (part.name, part.version, part.marker)),
    }
