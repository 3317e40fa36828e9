"""``python -m ops.standins.shop_api --port P``; SHOP_API_KEY (or _FILE) is the key it demands, empty = any key is right."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from ops.standins.control import Control, serve_http
from ops.standins.key import demanded_key
from ops.standins.shop_api.app import ShopSettings, create_app
from ops.standins.shop_api.catalogue import load
from ops.standins.shop_api.kept import Keeper


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.standins.shop_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keep", type=Path, metavar="file", help="in which what was written outlives this process")
    asyncio.run(serve(parser.parse_args()))


async def serve(given: argparse.Namespace) -> None:
    keeper = Keeper(given.keep) if given.keep else None
    app = create_app(load(), demanded_key("SHOP_API_KEY"), Control(ShopSettings()), keeper)
    if keeper is not None:
        await keeper.redo(app)
    await serve_http(app, given.port, given.host)


if __name__ == "__main__":
    main()
