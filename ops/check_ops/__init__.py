"""`make check-ops`: everything that is deployed and is not Python, each file by the tool that its own world checks it with.

    checks.py   what is checked, a table: name, files, commands
    plan.py     the table and the files that are there ──> steps, a pure function
    tools.py    where a program is on this machine: our locked environment, the PATH, or an image of the stack
    outcome.py  a step ──> OK, FAIL with the tool's own words, or WARN: not on this machine

A pattern that finds no file is a failure: a check of nothing would stay green when a folder is renamed.
"""
