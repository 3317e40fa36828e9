"""Write every dashboard: python -m ops.grafana"""

from __future__ import annotations

import json
from pathlib import Path

from ops.grafana.boards import BOARDS
from ops.grafana.draw import dashboard

DIRECTORY = Path(__file__).with_name("dashboards")


def written() -> dict[Path, str]:
    """Each file and what stands in it."""
    return {DIRECTORY / f"{board.name}.json": json.dumps(dashboard(board), indent=1) + "\n" for board in BOARDS}


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text)
