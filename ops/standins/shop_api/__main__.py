"""``python -m ops.standins.shop_api --port P``; SHOP_API_KEY (or _FILE) is the key it demands, empty = any key is right."""

from __future__ import annotations

import argparse
import asyncio

from ops.standins.control import Control, serve_http
from ops.standins.key import demanded_key
from ops.standins.shop_api.app import ShopSettings, create_app
from ops.standins.shop_api.catalogue import load


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.standins.shop_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    app = create_app(load(), demanded_key("SHOP_API_KEY"), Control(ShopSettings()))
    asyncio.run(serve_http(app, given.port, given.host))


if __name__ == "__main__":
    main()
