"""The command behind `make fuzz`; exit code 1 when something broke."""

from __future__ import annotations

import argparse
import secrets
import sys
import traceback
from pathlib import Path

from ops.fuzz.campaign import run
from ops.fuzz.targets import TARGETS

CRASHES = Path(".cache/fuzz")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=None, help="as an earlier run printed it; else chance")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="only this one; may be given again")
    parser.add_argument("--crashes", type=Path, default=CRASHES, help="where inputs that broke something are kept")
    given = parser.parse_args(arguments)
    names = given.target or list(TARGETS)
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    print(f"seed {seed}, {given.seconds:g} s for {', '.join(names)}", flush=True)
    broken = 0
    for name in names:
        campaign = run(TARGETS[name], seconds=given.seconds / len(names), seed_=seed)
        print(f"{name:12} {campaign.inputs:9,} inputs in {campaign.seconds:6.1f} s  {'BROKEN' if campaign.crash else 'held'}", flush=True)
        if crash := campaign.crash:
            broken += 1
            traceback.print_exception(crash.error, limit=-6, file=sys.stdout)
            print(f"\n{crash.reproduction}\nkept in {crash.save(given.crashes)}\n", flush=True)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
