"""A small rule-based mind for the shop's conversations, in Claude's place: messages in, content blocks out. Pure.

It sees what Claude would see (system prompt, messages, tool schemas) and nothing else; it has no script and knows no caller.

    caller's words ─► numbers ─► facts, wishes ┐              ┌─► finding    tyres
                      intents, our question ───┼─► situation ─┼─► ordering   an order, its state
    tool results ────► world ──────────────────┘  (reading)   ├─► visiting   a fitting
                                                              ├─► ringing    a call back
                                                              └─► telling    results in words, refusals, one look

``answers`` chooses among them; ``asking`` has the questions, ``blocks`` the form of a reply. Each flow is one function of the situation
that asks for what is missing or does what can be done, so a change of mind needs no step of its own.
"""

from ops.standins.anthropic_api.brain.answers import think

__all__ = ["think"]
