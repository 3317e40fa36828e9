"""What is shown. One board a question, each in a file; a panel's text says what it means and from where on it is bad.

``vector(0)`` stands nowhere: every counter is at zero from the start, so an empty panel means that nothing is measured.
"""

from __future__ import annotations

from ops.grafana.boards import calls, cost, latency, media, providers, storage, tools

BOARDS = (calls.BOARD, latency.BOARD, providers.BOARD, tools.BOARD, media.BOARD, storage.BOARD, cost.BOARD)
