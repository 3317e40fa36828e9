"""Fills a staging stack: the database with two months of a shop's telephone, the shop's stand-in with what it sold, the metrics with calls.

    day, number ─► days.py ─► lives (life.py, stories.py) ─► the journal's own records ─► its own statements ─► PostgreSQL
                                     └─► orders, bookings ─► the shop's stand-in
    calls.py: ten customers ring over real SIP, some while something fails; what the controller wrote of them is checked

Everything of the past comes from a day's date and the seed's number, ids included: who runs it again adds nothing, and tomorrow one day.
"""
