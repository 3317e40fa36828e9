"""`python -m ops.devstack`: the private stack for a developer, until Ctrl-C.

With `--fetch` only what has to be downloaded is fetched: Asterisk, and Chromium for the browser tests.

Prints the settings that point at the stack, to be put into `.env.local` or exported.
"""

import argparse
import signal
import sys

from .account import service_account
from .asterisk_program import find_asterisk
from .chromium_program import find_chromium
from .errors import DevStackError
from .stack import ALL_PARTS, DevStack


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fetch() -> int:
    """Each program for itself: a machine that cannot have the one may have the other."""

    def asterisk() -> str:
        return find_asterisk(service_account(), _tell).version

    def chromium() -> str:
        return find_chromium(_tell).version

    missing = 0
    for version_of in (asterisk, chromium):
        try:
            _tell(version_of())
        except DevStackError as error:
            _tell(str(error))
            missing = 1
    return missing


def main() -> int:
    """Exit code 0, or 1 with a reason in words."""
    parser = argparse.ArgumentParser(prog="python -m ops.devstack", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=ALL_PARTS, default=ALL_PARTS)
    parser.add_argument("--fetch", action="store_true", help="fetch Asterisk and Chromium into the cache and stop")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if arguments.fetch:
            return _fetch()
        with DevStack(parts=arguments.parts, progress=_tell) as stack:
            for name, value in stack.environment().items():
                print(f"{name}={value}", flush=True)
            if "asterisk" in arguments.parts:
                asterisk = stack.asterisk
                server = f"127.0.0.1:{asterisk.sip_port} (UDP)"
                _tell(f"Softphone: server {server}, user softphone, password {asterisk.softphone_password}; dial 100.")
                _tell(f"Operators' phones: users op1 and op2, password {asterisk.operator_password}.")
            _tell("Ctrl-C ends it.")
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except DevStackError as error:
        _tell(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
