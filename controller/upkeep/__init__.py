"""The database looked after by hand: its state, and everything of one customer erased from it (``callctl db``)."""
