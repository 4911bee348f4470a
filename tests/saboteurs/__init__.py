"""Builds of the server with one bug each, which the harness must notice: `python -m tests.saboteurs`.

Read in this order: `table.py` (which bugs, and what must turn red), `builds.py` (how each is built),
`scenes.py` (the calls that show them).
"""
