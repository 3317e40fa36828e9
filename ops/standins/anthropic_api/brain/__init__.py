"""A small rule-based mind for the tyre conversation, in Claude's place: messages in, content blocks out. Pure.

It sees what Claude would see (messages, tool schemas) and nothing else; it has no script and knows no caller.
What it understands is in ``facts`` and ``intents``, what it makes of a conversation in ``situation``, what it
does about it in ``answers``.

    caller's words ─► numbers ─► facts ┐
                        intents ───────┼─► situation ─► answers ─► text and tool_use blocks
    tool results ──────────────────────┘
"""

from ops.standins.anthropic_api.brain.answers import think

__all__ = ["think"]
