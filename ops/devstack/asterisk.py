"""The private Asterisk: the repository's own configuration, rendered into the run folder, on free ports."""

import base64
import runpy
import secrets
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from .account import Account
from .asterisk_program import AsteriskProgram
from .errors import ServiceFailed
from .ports import LOOPBACK, SPARE_ADDRESS, free_port, free_rtp_range, own_address
from .processes import Process, Supervisor
from .render import render_folder
from .waiting import until

CONFIGURATION = Path(__file__).parents[2] / "asterisk"
_START_S, _STOP_S, _CLI_S, _PING_S = 60.0, 10.0, 15.0, 2.0


class Asterisk:
    """Started and stopped at will; ports, passwords and the folder stay the same.

    Args:
        folder: this server's own part of the run folder.
        variables: overrides of `asterisk/variables.env`.
    """

    def __init__(
        self, supervisor: Supervisor, program: AsteriskProgram, folder: Path, account: Account, variables: Mapping[str, str] | None = None
    ) -> None:
        self.version = program.version
        self.ari_username = "callctl"
        self.ari_password = secrets.token_hex(16)
        self.supervisor_username = "supervisor"
        self.supervisor_password = secrets.token_hex(16)
        self.ari_port = free_port()
        self.ari_url = f"http://{LOOPBACK}:{self.ari_port}"
        self.ami_username = "devstack"
        self.ami_password = secrets.token_hex(16)
        self.ami_port = free_port()
        self.sip_port = free_port()
        self.softphone_password = secrets.token_hex(6)
        self.operator_password = secrets.token_hex(6)
        self.system_name = f"dev{secrets.token_hex(4)}"
        self.log_path = folder / "log/full.log"
        self._program = program
        self._supervisor = supervisor
        self._account = account
        self._folder = folder
        self._process: Process | None = None
        self._configure(variables or {})

    def start(self) -> None:
        """Start and wait until ARI answers. Raises ServiceFailed."""
        argv = self._program.command(["-f", "-C", str(self._folder / "etc/asterisk.conf")])
        self._process = self._supervisor.spawn(
            "asterisk", argv, log_path=self._folder / "log/console.log", account=self._account, cwd=self._folder
        )
        try:
            until(self._answers, self._process, "ARI's answer to a ping", _START_S)
        except ServiceFailed as error:
            raise ServiceFailed(f"{error}\n{ServiceFailed('full log', self.log_path)}") from None

    def stop(self) -> None:
        """End it in good order: calls are hung up first."""
        if self._process is None or self._process.poll() is not None:
            return
        self.cli("core stop now")
        self._process.wait(_STOP_S)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_S)

    def freeze(self) -> None:
        """SIGSTOP: it keeps its sockets and answers nothing, as in a deadlock."""
        if self._process is not None:
            self._process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        if self._process is not None:
            self._process.send(signal.SIGCONT)

    @property
    def process(self) -> Process | None:
        """The server as it runs now, or ran last."""
        return self._process

    @property
    def pid(self) -> int | None:
        """Of the running server."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def cli(self, command: str) -> str:
        """What Asterisk's console answers to a command."""
        argv = self._program.command(["-C", str(self._folder / "etc/asterisk.conf"), "-rx", command])
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=_CLI_S, check=False)
        except subprocess.TimeoutExpired:
            raise ServiceFailed(f"asterisk did not answer {command!r} within {_CLI_S:g} s", self.log_path) from None
        return done.stdout

    def _answers(self) -> bool:
        request = urllib.request.Request(f"{self.ari_url}/ari/asterisk/ping")  # noqa: S310 - our own address
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{self.ari_username}:{self.ari_password}".encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=_PING_S) as response:  # noqa: S310
                return bool(response.status == 200)
        except OSError:  # refused, then 404, then 503, while it starts
            return False

    def _configure(self, variables: Mapping[str, str]) -> None:
        folder = self._folder
        for name in ("etc", "state", "state/spool", "state/cache", "run", "log", "hold-music"):
            (folder / name).mkdir(parents=True)
        runpy.run_path(str(CONFIGURATION / "hold_tone.py"))["write"](folder / "hold-music")
        self._lay_out_data(folder / "data")
        rtp_start, rtp_end = free_rtp_range()
        values = {
            "CONFIG_DIR": folder / "etc",
            "MODULES_DIR": self._program.modules,
            "DATA_DIR": folder / "data",
            "STATE_DIR": folder / "state",
            "RUN_DIR": folder / "run",
            "LOG_DIR": folder / "log",
            "HOLD_MUSIC_DIR": folder / "hold-music",
            "SYSTEM_NAME": self.system_name,
            "ARI_BIND": LOOPBACK,
            "ARI_PORT": self.ari_port,
            "ARI_USERNAME": self.ari_username,
            "ARI_PASSWORD": self.ari_password,
            "ARI_SUPERVISOR_USERNAME": self.supervisor_username,
            "ARI_SUPERVISOR_PASSWORD": self.supervisor_password,
            "AMI_ENABLED": "yes",
            "AMI_PORT": self.ami_port,
            "AMI_USERNAME": self.ami_username,
            "AMI_PASSWORD": self.ami_password,
            "SIP_BIND": LOOPBACK,
            "SIP_PORT": self.sip_port,
            "RTP_START": rtp_start,
            "RTP_END": rtp_end,
            "WEBRTC_MODULES": "load",
            "RTP_ICE": "yes",
            # A browser on this machine is told the loopback address, where all audio of the stack goes.
            "RTP_LOCAL_ADDRESS": own_address() or SPARE_ADDRESS,
            "RTP_PUBLIC_ADDRESS": LOOPBACK,
            "OPERATOR_PASSWORD": self.operator_password,
            "SOFTPHONE_PASSWORD": self.softphone_password,
            **variables,
        }
        render_folder(CONFIGURATION, folder / "etc", {name: str(value) for name, value in values.items()})
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                self._account.give(path)

    def _lay_out_data(self, data: Path) -> None:
        """Links to what came with Asterisk, `sounds/en`, which Debian's package would have linked when installed, and our own sounds."""
        shutil.copytree(CONFIGURATION / "sounds", data / "sounds")  # a clone may lie where the server's account cannot look
        for source in self._program.data.iterdir():
            if source.name != "sounds":
                (data / source.name).symlink_to(source)
        sounds = self._program.data / "sounds"
        english = next((folder for folder in (sounds / "en", *sorted(sounds.glob("en_US*"))) if folder.is_dir()), None)
        if english is not None:
            (data / "sounds/en").symlink_to(english)
