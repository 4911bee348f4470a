"""Many processes at one calendar: `python -m tests.races`, or `make races`.

Read in this order: `journal.py` (what every process writes down), `store_racer.py` and
`google_racer.py` (what they do), `people.py` (what people and the weather do meanwhile),
`judge.py` (what must be true afterwards), `run.py` (how a race is held).
"""
