"""Calls from the browser: a page with a button, credentials for one call each, and the way of their SIP through our own port.

page ──POST /api/v1/web-calls──► WebCalls ──ARI──► Asterisk: endpoint web-..., for this call
     ──/sip-ws?t=<token>───────► Proxy ──127.0.0.2──► Asterisk: /ws ──► [webcall] ──Stasis──► a call like any other
     ──UDP──────────────────────────────────────────► Asterisk: its RTP ports, encrypted
"""
