"""The calls' logs as they are written, for many readers at once: what ``controller.livelog`` is made of.

records ─► Tape (batches, bounded) ─────────────► Reading ─► a reader's bytes
parcels ─► Tributary ──┘      ▲                      ▲
  ▲  other workers' lines     └ History: what is not on the tape any more, or never was
  └── Fanout: Redis
"""
