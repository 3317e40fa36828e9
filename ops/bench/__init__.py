"""``make bench``: what a call costs and how long a caller waits, measured at his telephone.

__main__ ─► System (real Asterisk, controller, PostgreSQL; stand-ins at zero latency)
    │  spec.json ─► callers: a process of its own, N telephones ─► seen.json
    │  record     : what PostgreSQL and the stand-ins' logs say about the same answers
    └► share, figures (pure) ─► report;  media: our audio server alone beside the plainest loop
"""
