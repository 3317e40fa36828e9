"""`make demo`: a customer rings the tyre shop, on a real Asterisk.

Everything comes up by itself. A simulated customer asks for winter tyres, interrupts, wishes for the operator and gets him; then the call
is read back from PostgreSQL. A link opens the console, where the talk is seen as it goes on. Google, Anthropic and the shop are stand-ins
(``ops/standins``); Asterisk, PostgreSQL, Valkey, the audio path and the controller are the real things. Exits 0, or not 0 with the reason;
with a terminal it stays up: the customer rings again, a browser or a softphone may call.
"""

from __future__ import annotations

import asyncio
import logging
import select
import sys
import time

import structlog
import uvloop
from rich.console import Console

from audiosocket.errors import AudioSocketError
from controller.api.identity import Role
from controller.api.links import one_time_link
from controller.api.tokens import Profile
from ops.caller.talk import TalkFailed
from ops.demo.report import Report
from ops.demo.scene import play_scene
from ops.devstack import DevStack, DevStackError
from ops.system import NotReady, System

WIDTH = 140  # of tables where no terminal says how wide it is
VISITOR = Profile(person="demo", role=Role.ADMIN, telephone="PJSIP/softphone", numbers=True)  # all numbers here are made up


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    began = time.monotonic()

    def progress(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s  {line}[/dim]")

    try:
        with DevStack(progress=progress) as stack, System(stack, progress=progress, WEB_CALLS_ENABLED="true") as system:
            progress("The controller ...")
            system.controller.start()
            progress(f"Ready. Metrics and health at {system.controller.api_url}")
            _show_console(console, system)
            _play(console, system)
            if sys.stdin.isatty() and sys.stdout.isatty():
                _stay(console, system)
    except (DevStackError, NotReady, TalkFailed, AudioSocketError) as error:
        console.print(f"\n[bold red]The demo failed:[/bold red] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
    return 0


def _play(console: Console, system: System) -> None:
    uvloop.run(play_scene(system, Report(console, system.stack.postgres.dsn)))


def _show_console(console: Console, system: System) -> None:
    link = asyncio.run(one_time_link(system.stack.postgres.dsn, system.controller.api_url, VISITOR))
    console.print(f"\n[bold]Watch it live:[/bold] {link}\n[dim]Opens the console, once, within the hour.[/dim]\n", soft_wrap=True)


def _stay(console: Console, system: System) -> None:
    asterisk, page = system.stack.asterisk, system.controller.call_page
    console.print(
        "\n[bold]The line stays open.[/bold]\n"
        "  Enter     the customer rings again: watch him in the console\n"
        "  l, Enter  another link to the console\n"
        f"  browser   {page} calls the agent with your microphone\n"
        f"  softphone (Linphone, Zoiper, MicroSIP ...) on this machine: account softphone, password {asterisk.softphone_password},\n"
        f"            server 127.0.0.1:{asterisk.sip_port}, UDP, number 100;\n"
        "            once it is registered, listen and take over in the console ring it\n"
        "The recogniser's stand-in understands the marked test phrases, and free speech where faster-whisper and its model are installed.\n"
        "Ctrl-C ends everything.",
        soft_wrap=True,
    )
    try:
        while system.controller.running:
            if (line := _typed(within_s=0.5)) is None:
                continue
            if line.strip() == "l":
                _show_console(console, system)
            else:
                _play(console, system)
        console.print(f"[bold red]The controller ended by itself:[/bold red]\n{system.controller.log_tail()}")
    except KeyboardInterrupt:
        console.print("\nEverything is being shut down ...")


def _typed(within_s: float) -> str | None:
    """A line from the terminal; None: nothing yet. At its end nobody types any more."""
    if not select.select([sys.stdin], [], [], within_s)[0]:
        return None
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt
    return line


if __name__ == "__main__":
    sys.exit(main())
