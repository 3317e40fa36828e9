"""``python -m ops.standins.anthropic_api --port P``; ANTHROPIC_API_KEY (or _FILE) is the key it demands, empty = any key is right."""

from __future__ import annotations

import argparse
import asyncio

from ops.standins.anthropic_api.app import AnthropicSettings, create_app
from ops.standins.control import Control, serve_http
from ops.standins.key import demanded_key


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.standins.anthropic_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    app = create_app(demanded_key("ANTHROPIC_API_KEY"), Control(AnthropicSettings()))
    asyncio.run(serve_http(app, given.port, given.host))


if __name__ == "__main__":
    main()
