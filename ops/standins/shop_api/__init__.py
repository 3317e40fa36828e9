"""A stand-in for the shop's API: the same paths, shapes, errors and headers, over a small seeded shop that changes.

    seed.json places.json articles.json ─► catalogue, places, articles ─┐         read only
    customers.json ─────────────────────► order_book, booking_book, shelf ┴─► state.Shop ─► one router a topic ─► app

Each topic is one module with a ``router(shop)``: tyres, vehicles, orders, fitting, knowledge. ``steering`` and ``faults`` are the
test's hands behind the API's back; the OpenAPI page is /openapi.json. Start it with ``python -m ops.standins.shop_api --port 8090``.
"""
