"""Hostile input for everything that reads what a stranger wrote: `make fuzz`.

    make fuzz SECONDS=3600          each target for its share of an hour
    make fuzz ARGS="--target ari --seed 7"

Inputs are made by hypothesis: near-valid ones with a part wrong, and noise. What breaks is shrunk, kept, and printed as a test.
"""
