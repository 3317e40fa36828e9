"""How Ukrainians say what is written: numbers, sizes, prices, dates, times, telephones and names."""

from agent.spoken.text import heard_part, spoken

__all__ = ["heard_part", "spoken"]
