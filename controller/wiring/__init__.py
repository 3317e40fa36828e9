"""The composition root, storey by storey: here, and in ``controller.app``, and nowhere else, the parts are made and joined.

    stores      journal, live pictures, log: whoever wants each record      no call is needed for them
    telephony   Asterisk, media legs, calls and what people may do to them  stand on the stores
    web         readiness, metrics, API, streams, pages                     stand on both

Each storey is one context manager over the one below; they close in the opposite order.
"""
