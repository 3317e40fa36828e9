"""The private PostgreSQL: a cluster in the run folder, reached over TCP on the loopback address, with a password."""

import re
import secrets
import signal
from pathlib import Path

import psycopg
from psycopg import sql

from .account import Account
from .errors import ServiceFailed
from .ports import LOOPBACK, free_port
from .postgres_program import PostgresProgram
from .processes import Process, Supervisor
from .waiting import until

_INITDB_S, _START_S, _STOP_S = 120.0, 60.0, 30.0
_STARTS = 20  # after a kill -9 the kernel still holds the dead server's shared memory for a moment
_STILL_HELD = "pre-existing shared memory block"
_USER, _DATABASE = "callctl", "callctl"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "fsync": "on",  # failure tests kill it
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
}


class Postgres:
    """Data, port and password stay the same over stop, start and kill."""

    def __init__(self, supervisor: Supervisor, program: PostgresProgram, folder: Path, account: Account) -> None:
        self.version = program.version
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.dsn = self._dsn(_DATABASE)
        self.log_path = folder / "postgres.log"
        self._supervisor = supervisor
        self._program = program
        self._folder = folder
        self._account = account
        self._process: Process | None = None
        folder.mkdir(parents=True)
        account.give(folder)
        self._make_cluster()

    def start(self) -> None:
        """Start and wait until it accepts connections. Raises ServiceFailed."""
        argv = [str(self._program.bin / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port)]
        argv += [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        for attempt in range(1, _STARTS + 1):
            begins = self.log_path.stat().st_size if self.log_path.exists() else 0
            self._process = self._supervisor.spawn("postgres", argv, log_path=self.log_path, account=self._account, cwd=self._folder)
            try:
                until(self._accepts, self._process, "a connection", _START_S)
                break
            except ServiceFailed:
                if _STILL_HELD not in self._log_since(begins) or attempt == _STARTS:
                    raise
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))

    def stop(self) -> None:
        """Fast shutdown (SIGINT): connections are closed, everything is written."""
        if self._process is not None:
            self._process.send(signal.SIGINT)
            self._process.wait(_STOP_S)

    def kill(self) -> None:
        """kill -9 of the server process, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_S)

    @property
    def process(self) -> Process | None:
        """The server as it runs now, or ran last."""
        return self._process

    def create_database(self, name: str) -> str:
        """A new empty database (an existing one of that name is dropped first); its address."""
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
            raise ValueError(f"not a plain database name: {name!r}")
        identifier = sql.Identifier(name)
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        return self._dsn(name)

    def drop_database(self, name: str) -> None:
        """Remove it, connections or not."""
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make_cluster(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self.password, encoding="utf-8")
        self._account.give(secret)
        argv = [str(self._program.bin / "initdb"), "-D", str(self._folder / "data"), "-U", _USER, f"--pwfile={secret}"]
        argv += ["--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        process = self._supervisor.spawn(
            "initdb", argv, log_path=self.log_path, account=self._account, cwd=self._folder, env={"LC_ALL": "C"}
        )
        if status := process.wait(_INITDB_S):
            raise ServiceFailed(f"initdb ended with status {status}", self.log_path)
        secret.unlink()

    def _dsn(self, database: str) -> str:
        return f"postgresql://{_USER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self._dsn(database), autocommit=True, connect_timeout=5)

    def _accepts(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _log_since(self, offset: int) -> str:
        with self.log_path.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")
