"""apt with folders of its own: fetches packages of any Debian suite without root and without touching the machine's apt.

apt checks what must be checked (the suite's signed Release by the archive keyring, the index by the Release, each package by the
index), resolves the dependencies, retries, and knows the machine's proxies and mirrors. We give it private folders and a made-up list
of installed packages, so that it leaves out what only maintainer scripts need: nothing of those ever runs here.
"""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from .errors import NotAvailable

Progress = Callable[[str], None]

MIRROR_VARIABLE = "DEBIAN_MIRROR"
KEYRING_VARIABLE = "DEBIAN_KEYRING"
_KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg")
_TIME_LIMIT_S = 900
_STALL_S = 30  # apt gives up a connection that is silent for so long, and tries again

# Told to be installed: needed by maintainer scripts, by programs we do not start or by modules we do not load.
_NOT_NEEDED = (
    *(
        "adduser",
        "base-passwd",
        "cdebconf",
        "debconf",
        "dpkg",
        "init-system-helpers",
        "login.defs",
        "lsb-base",
        "passwd",
        "perl",
        "perl-base",
        "systemd",
    ),
    *(
        "dirmngr",
        "gnupg",
        "gpg",
        "gpg-agent",
        "gpgconf",
        "gpgsm",
        "libpam-modules",
        "libpam-runtime",
        "pinentry-curses",
        "readline-common",
        "sysvinit-utils",
    ),
    *("freetds-common", "libsensors-config", "libsnmp-base", "libsnmp45", "openssl-provider-legacy", "pci.ids", "tzdata", "ucf"),
)


def machine_mirror() -> str:
    """The Debian mirror to use: the variable, else the one of this machine's apt. Raises NotAvailable in words."""
    if mirror := os.environ.get(MIRROR_VARIABLE):
        return mirror.rstrip("/")
    if _os_release().get("ID") == "debian":
        for path in sorted(Path("/etc/apt").glob("sources.list*")) + sorted(Path("/etc/apt").glob("sources.list.d/*")):
            if path.is_file() and (mirror := mirror_in(path.read_text(encoding="utf-8", errors="replace"))):
                return mirror
    raise NotAvailable(
        f"No Debian mirror is known on this {_os_release().get('PRETTY_NAME', 'machine')}. Set {MIRROR_VARIABLE} to the address of one "
        f"(the folder that holds dists/ and pool/), or ASTERISK_BIN to an installed Asterisk 22 or newer."
    )


def mirror_in(sources: str) -> str | None:
    """The first main archive that a sources file names, in either of apt's two formats; None when it names none.

    The security archive and other vendors' archives do not count: the main archive's address ends with /debian, or is a list of mirrors.
    """
    text = re.sub(r"^\s*#.*\n?", "", sources, flags=re.M)
    found: list[str] = re.findall(r"^URIs:\s*(\S+)", text, flags=re.M | re.I)
    found += re.findall(r"^deb\s+(?:\[[^\]]*\]\s*)?(\S+)", text, flags=re.M)
    return next((address.rstrip("/") for address in found if re.search(r"/debian/?$|^mirror[+:]", address)), None)


def _os_release() -> dict[str, str]:
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}


def keyring() -> Path:
    """The keys of Debian's archive on this machine."""
    for name in filter(None, (os.environ.get(KEYRING_VARIABLE), *_KEYRINGS)):
        if Path(name).is_file():
            return Path(name)
    raise NotAvailable(
        f"The keys of Debian's archive are missing: install debian-archive-keyring or set {KEYRING_VARIABLE} to a keyring file."
    )


class Apt:
    """One private apt below `folder` for one suite."""

    def __init__(self, folder: Path, suite: str, *, mirror: str, keys: Path, progress: Progress) -> None:
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise NotAvailable(
                    f"{tool} is missing on this machine: install apt and dpkg (most Linuxes have packages of them), or set ASTERISK_BIN."
                )
        self._folder = folder
        self._progress = progress
        self._suite = suite
        self._configuration = self._write_configuration(mirror, keys)

    def fetch(self, packages: Iterable[str]) -> list[Path]:
        """Download the packages with all they depend on; the .deb files, checked."""
        self._progress(f"Reading Debian {self._suite}'s package index ...")
        self._run(["update", "--error-on=any"])
        self._run(["install", "--yes", "--download-only", *packages], show="Downloading packages")
        return sorted((self._folder / "archives").glob("*.deb"))

    def _write_configuration(self, mirror: str, keys: Path) -> Path:
        folder = self._folder
        for name in ("lists/partial", "archives/partial", "etc/empty"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "etc/sources.list").write_text(f"deb [signed-by={keys}] {mirror} {self._suite} main\n", encoding="utf-8")
        stanza = "Package: {}\nStatus: install ok installed\nArchitecture: {}\nMulti-Arch: foreign\nVersion: 99:1\nDescription: -\n"
        (folder / "status").write_text("\n".join(stanza.format(name, _architecture()) for name in _NOT_NEEDED), encoding="utf-8")
        settings = {
            "Dir::State": folder,
            "Dir::State::lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::State::extended_states": folder / "extended_states",
            "Dir::Cache": folder,
            "Dir::Cache::archives": folder / "archives",
            "Dir::Etc": folder / "etc",
            "Dir::Etc::parts": folder / "etc/empty",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::sourceparts": folder / "etc/empty",
            "Dir::Etc::trustedparts": folder / "etc/empty",
            "APT::Sandbox::User": "",  # our folders are closed to _apt
            "APT::Install-Recommends": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Acquire::http::Timeout": _STALL_S,
            "Acquire::https::Timeout": _STALL_S,
            # A frozen mirror serves a Release past its Valid-Until. Signature and hashes are checked all the same,
            # and what we unpack is not a system.
            "Acquire::Check-Valid-Until": "false",
        }
        path = folder / "apt.conf"
        path.write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()) + _machine_acquire(), encoding="utf-8")
        return path

    def _run(self, arguments: list[str], show: str = "") -> None:
        """Run apt-get, passing its percentages on; raises NotAvailable with its own words when it fails."""
        reading, writing = os.pipe()
        argv = ["apt-get", "-q", "-o", f"APT::Status-Fd={writing}", *arguments]
        environment = {**os.environ, "APT_CONFIG": str(self._configuration), "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        with open(self._folder / "apt.log", "w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                argv,
                env=environment,
                pass_fds=(writing,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            os.close(writing)
            with os.fdopen(reading, encoding="utf-8", errors="replace") as status:
                for percent in _tenths(status):
                    if show:
                        self._progress(f"{show}: {percent} %")
            try:
                code = process.wait(_TIME_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise NotAvailable(f"apt-get {arguments[0]} did not end within {_TIME_LIMIT_S} s") from None
            log.seek(0)
            said = log.read()
        if code != 0:
            wrong = "\n".join(f"  {line}" for line in said.splitlines() if line.startswith(("E:", "W:", "Err"))) or said[-1000:]
            raise NotAvailable(f"Debian's packages could not be fetched (apt-get {arguments[0]}):\n{wrong}\n{_remedy(said)}")


def _remedy(said: str) -> str:
    if "NO_PUBKEY" in said or "not signed" in said or "missing key" in said.lower():
        return f"This machine's archive keys are too old or of another archive: upgrade debian-archive-keyring or set {KEYRING_VARIABLE}."
    return f"Is the network there? {MIRROR_VARIABLE} names another mirror; ASTERISK_BIN an installed Asterisk 22 or newer."


def _tenths(status: Iterable[str]) -> Iterator[int]:
    """The percentages 0, 10, 20, ... as apt passes them ("dlstatus:3:42.1429:Retrieving file ...")."""
    reached = -10
    for line in status:
        kind, _, rest = line.partition(":")
        fields = rest.split(":")
        if kind == "dlstatus" and len(fields) >= 2:
            with contextlib.suppress(ValueError):
                percent = int(float(fields[1])) // 10 * 10
                if percent > reached:
                    reached = percent
                    yield percent


def _architecture() -> str:
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def _machine_acquire() -> str:
    """The machine's own ways out (proxies, certificates, accounts), taken over; everything else of its configuration is not."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False, timeout=30).stdout
    wanted = re.compile(r'^Acquire::(http|https)::[^"]*(Proxy|CaInfo|CaPath|Verify|SslCert|SslKey|Issuer)[^"]* "[^"]+";$', re.I)
    return "".join(line + "\n" for line in dump.splitlines() if wanted.match(line))
