"""A controller that takes no calls: the real ``Worker`` around next to nothing, so that parents can be tested with many of them.

argv: the journal's directory. A file ``broken`` in it: it cannot start; ``exit``: the exit code of an orderly end. Whoever connects to the
API's address is told who serves, and what its parent told it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from controller.watchdog.worker import Worker


async def main(directory: Path) -> None:
    loop, stop, worker = asyncio.get_running_loop(), asyncio.Event(), Worker()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, os._exit, 0)
    if (directory / "broken").exists():
        sys.stderr.write("the file is broken\n")
        sys.exit(1)
    async with worker.beating():
        await worker.take_lock(directory)

        async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            told = worker.told
            writer.write(b"%d %d %d\n" % (os.getpid(), told.restarts, told.standby_warm))
            writer.close()

        server = await asyncio.start_server(tell, sock=worker.api)
        worker.serving()
        await stop.wait()
        worker.ending()
        server.close()
    sys.exit(int((directory / "exit").read_text()) if (directory / "exit").exists() else 0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
