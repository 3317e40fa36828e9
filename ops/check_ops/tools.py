"""Where a program is on this machine.

In this order: beside the Python that runs us (the environment that requirements-ops.lock fills, so that everybody has the same release), on
the PATH, and, for what is no Python package, in the image of the stack that has it, in the release that docker-compose.yml names.
"""

import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .checks import Command
from .plan import Missing

_ANSWER_S = 20
_PULL_S = 300
_IMAGES = {"promtool": "prom/prometheus", "amtool": "prom/alertmanager"}  # each has it in /bin


class Machine:
    def __init__(self, root: Path, *, environment: Path = Path(sys.executable).parent) -> None:
        self._root = root
        self._environment = environment

    @functools.cache  # noqa: B019  one object, as long as the process
    def command(self, program: str) -> Command | Missing:
        if program == "docker-compose":
            compose = ("docker", "compose")
            return (
                compose
                if _answers(*compose, "version")
                else Missing("docker compose", "install Docker's compose plugin, version 2.20 or newer")
            )
        if own := shutil.which(program, path=self._environment):
            return (own,)
        if known := shutil.which(program):
            return (known,)
        if repository := _IMAGES.get(program):
            return self._in_container(program, repository)
        return Missing(program, "`make check-ops` installs it from requirements-ops.lock; PyPI has no build of it for this machine")

    def _in_container(self, program: str, repository: str) -> Command | Missing:
        stack = self._root / "docker-compose.yml"
        image = image_in(stack.read_text(encoding="utf-8"), repository) if stack.exists() else None
        run = ("docker", "run", "--rm", "--network=none", f"--volume={self._root}:/repository:ro", "--workdir=/repository")
        command = (*run, f"--entrypoint=/bin/{program}", image or repository)
        if image is not None and _answers(*command, "--version", within_s=_PULL_S):
            return command
        return Missing(program, f"install it, or start a Docker engine that can get {image or repository}")


def image_in(compose: str, repository: str) -> str | None:
    """The image of that repository, with its tag, that a compose file names."""
    found = re.search(rf"\bimage:\s*[\"']?({re.escape(repository)}:[\w.-]+)", compose)
    return found[1] if found else None


def _answers(*command: str, within_s: float = _ANSWER_S) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=within_s, check=False).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
