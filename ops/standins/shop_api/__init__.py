"""A stand-in for the shop's API: the same paths, shapes, errors and headers, over a small seeded catalogue.

Only what the agent's tools call so far; each resource is one module with a ``router(...)`` of its own,
listed in ``app.py``. Start it with ``python -m ops.standins.shop_api --port 8090``.
"""
