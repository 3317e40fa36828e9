"""The live picture behind the console: what every call, operator and neighbour does now, told as a snapshot and merge patches.

    Records ─────────┐                                            ┌─► reader, masked ─► SSE
    texts in making ─┤                                            │
    listeners ───────┼─► Board ─► Picture (pure) ─► Replay ─ bell ┼─► reader ...
    desk: queue, ... ┤   │           facts, trouble, topic         │
    health ──────────┘   └─ clock                                 └─► calls(), call(id): the same for REST

What is gone by is read from PostgreSQL in ``past``. The shapes are the console's: values of JSON, as its design names them.
"""
