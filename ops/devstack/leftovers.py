"""What is still running or listening: for the tests that demand that nothing is."""

from pathlib import Path

_LISTEN = "0A"  # TCP_LISTEN in /proc/net/tcp


def processes_of(folder: Path) -> dict[int, str]:
    """Processes, by pid, whose working folder, command line or environment (the mark of `processes`) names `folder`, zombies left out."""
    found = {}
    needle = str(folder).encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            inside = needle in command or needle in (entry / "environ").read_bytes() or (entry / "cwd").readlink().is_relative_to(folder)
        except OSError:  # gone meanwhile, or another user's
            continue
        if inside and command:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def listening_ports() -> frozenset[int]:
    """All TCP ports of this network namespace that somebody listens on, and all bound UDP ports."""
    ports = set()
    for table, state in (("tcp", _LISTEN), ("tcp6", _LISTEN), ("udp", ""), ("udp6", "")):
        try:
            lines = Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if not state or fields[3] == state:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return frozenset(ports)
