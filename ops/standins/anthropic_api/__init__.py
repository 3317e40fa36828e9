"""A stand-in for Anthropic's Messages API: the wire, the refusals and the stream of the real one, a rule-based mind behind it.

``python -m ops.standins.anthropic_api --port 8091``; see ``app`` for the faults it plays on demand.
"""
