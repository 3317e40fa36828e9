"""`make demo`: a customer rings the tyre shop, on a real Asterisk.

Everything comes up by itself. A simulated customer asks for winter tyres, interrupts, wishes for the operator and gets him; then
the call is read back from PostgreSQL. Google, Anthropic and the shop are stand-ins (``ops/standins``); Asterisk, PostgreSQL, Valkey,
the audio path and the controller are the real things. Exits 0, or not 0 with the reason; with a terminal it stays up for a softphone.
"""

from __future__ import annotations

import logging
import sys
import time

import structlog
import uvloop
from rich.console import Console

from audiosocket.errors import AudioSocketError
from ops.caller.talk import TalkFailed
from ops.demo.report import Report
from ops.demo.scene import play_scene
from ops.devstack import DevStack, DevStackError
from ops.system import NotReady, System

WIDTH = 140  # of tables where no terminal says how wide it is


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    began = time.monotonic()

    def progress(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s  {line}[/dim]")

    try:
        with DevStack(progress=progress) as stack, System(stack, progress=progress) as system:
            progress("The controller ...")
            system.controller.start()
            progress(f"Ready. Metrics and health at {system.controller.api_url}")
            report = Report(console, stack.postgres.dsn)
            uvloop.run(play_scene(system, report))
            if sys.stdin.isatty() and sys.stdout.isatty():
                _stay(console, system)
    except (DevStackError, NotReady, TalkFailed, AudioSocketError) as error:
        console.print(f"\n[bold red]The demo failed:[/bold red] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
    return 0


def _stay(console: Console, system: System) -> None:
    asterisk = system.stack.asterisk
    console.print(
        "\n[bold]The line stays open.[/bold] Call it with a softphone (Linphone, Zoiper, MicroSIP ...) on this machine:\n"
        f"  account   softphone, password {asterisk.softphone_password}\n"
        f"  server    127.0.0.1:{asterisk.sip_port}, UDP      number  100\n"
        "The recogniser's stand-in understands the marked test phrases, and free speech where faster-whisper and its model are installed.\n"
        "Ctrl-C ends everything."
    )
    try:
        while system.controller.process is not None and system.controller.process.poll() is None:
            time.sleep(0.5)
        console.print(f"[bold red]The controller ended by itself:[/bold red]\n{system.controller.log_tail()}")
    except KeyboardInterrupt:
        console.print("\nEverything is being shut down ...")


if __name__ == "__main__":
    sys.exit(main())
