"""Conversation evaluation: scripted customers ring the shop through the real audio path, and what is left behind is judged.

    script ─► telephone ─► Asterisk ─► controller ─► shop's stand-in
      │                                    │              │
      └── answers what the agent asks ◄────┤              │
                                     PostgreSQL ─► evidence ◄── orders, bookings, what was really written
                                                      └─► judge, policy ─► verdicts ─► table, JSON, what changed since the last run

``python -m ops.eval`` (``make eval``). Success is the state of the shop, the record in PostgreSQL and how the call ended, never the
agent's own words. With ANTHROPIC_API_KEY set the real model answers; without it its stand-in does, which is never told who rings.
"""
