"""The fault matrix as code: everything is killed, stopped, cut and slowed in the middle of live talks, and an oracle looks on.

plan ─► faults strike ─► callers bring their talks to an end ─► observations ─► oracle ─► report
"""
