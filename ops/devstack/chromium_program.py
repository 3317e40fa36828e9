"""Which Chromium the browser tests drive: `CHROMIUM_BIN`, else an installed one, else Debian's, unpacked.

Of Debian forky, the suite that Asterisk comes from, it is 234 MB to fetch and 862 MB unpacked (of an older Debian a tenth less). The
headless shell would be smaller (180 and 590), but on a machine without a sound card it takes no received audio out of its buffer, so that a
call could not be heard, and it tells a refused microphone as a missing one.

Chromium looks for its data beside the file that the kernel started, and starts itself again for its renderers. Both would find the loader
of the unpacked root; hence a copy of the loader beside the program, and a script that every one of its processes is started through.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .account import cache_directory
from .errors import NotAvailable
from .packages import Root, unpacked

# DejaVu has the symbols, Liberation the look of the fonts that people read pages in; both have Ukrainian.
PACKAGES = ("chromium", "fonts-liberation", "fonts-dejavu-core")
_NAMES = ("chromium", "chromium-headless-shell", "google-chrome", "chromium-browser")
_VERSION_S = 30
_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <alias binding="same"><family>sans-serif</family><prefer><family>Liberation Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias binding="same"><family>system-ui</family><prefer><family>Liberation Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias binding="same"><family>serif</family><prefer><family>Liberation Serif</family><family>DejaVu Serif</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""
# No zygote: it would be started as the loader alone. No sandbox: it needs the zygote, or root, and the pages are our own.
_SCRIPT = """\
#!/bin/sh
FONTCONFIG_FILE={fonts} exec {loader} --library-path {libraries} {program} \\
  --no-sandbox --no-zygote --browser-subprocess-path={script} "$@"
"""


@dataclass(frozen=True, slots=True)
class ChromiumProgram:
    """What to start (a program or a script that takes Chromium's arguments), and which it is, `Chromium 156.0...`."""

    executable: Path
    version: str


def find_chromium(progress: Callable[[str], None]) -> ChromiumProgram:
    """Raises NotAvailable with what to do."""
    if named := os.environ.get("CHROMIUM_BIN"):
        return _tried(Path(named))
    for name in _NAMES:
        if found := shutil.which(name):
            try:
                return _tried(Path(found))
            except NotAvailable as error:
                progress(f"Not used: {error}")
    try:
        root = unpacked(PACKAGES, progress=progress)
    except NotAvailable as error:
        raise NotAvailable(f"{error}\nOr install Chromium, or name one in CHROMIUM_BIN.") from error
    return _tried(_script(root))


def _tried(executable: Path) -> ChromiumProgram:
    """It says its version, so it starts; a package that only stands for one (Ubuntu's) does not."""
    try:
        done = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=_VERSION_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAvailable(f"{executable} does not start: {error} (CHROMIUM_BIN names another Chromium)") from error
    words = done.stdout.strip()
    if done.returncode != 0 or not any(character.isdigit() for character in words):
        raise NotAvailable(f"{executable} does not start: {(done.stderr or words).strip()[-300:]} (CHROMIUM_BIN names another Chromium)")
    return ChromiumProgram(executable, words)


def _script(root: Root) -> Path:
    """What starts the unpacked one; made in the root at the first use, each file whole or not there."""
    home = root.path / "usr/lib/chromium"
    program, script = home / "chromium", home / "start"
    if script.exists():
        return script
    if not program.is_file():
        raise NotAvailable(f"No Chromium in {root.path}: remove that folder and try again, or set CHROMIUM_BIN.")
    loader = home / root.loader.name
    _place(loader, lambda path: shutil.copy(root.loader, path))
    fonts = home / "fonts.conf"
    _place(fonts, lambda path: path.write_text(_FONTS.format(fonts=root.path / "usr/share/fonts", cache=cache_directory() / "fontconfig")))
    parts = {
        "fonts": fonts,
        "loader": loader,
        "libraries": ":".join(map(str, [*_libraries(root), home])),
        "program": program,
        "script": script,
    }
    text = _SCRIPT.format(**{name: shlex.quote(str(value)) for name, value in parts.items()})

    def write(path: Path) -> None:
        path.write_text(text)
        path.chmod(0o755)

    _place(script, write)
    return script


def _libraries(root: Root) -> Iterator[Path]:
    for folder in root.libraries:
        yield from (folder, folder / "pulseaudio")  # where Debian's libpulse keeps a part of itself


def _place(path: Path, write: Callable[[Path], object]) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    write(partial)
    partial.replace(path)
