"""Everything that may break, at several moments of a call: `python -m tests.faults`, or `make faults`.

Read in this order: `cells.py` (what a cell is, and all of them), `caller.py` (who calls), `moments.py`,
`model_faults.py`, `line_faults.py` and `service_faults.py` (what goes wrong), `play.py` (how a cell is
played), `sounds.py` (what the caller heard), `judge.py` (what must be true afterwards), `kills.py` (the
cells that run for real), `programme.py` and `table.py` (all of them, and what is printed).
"""
