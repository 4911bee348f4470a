"""Many calls for a long time, with faults at random: `python -m tests.soak`, or `make soak`.

Read in this order: `lines.py` (one real server and twenty telephones), `weather.py` (what goes wrong),
`people.py` (who calls, and the model's mind), `judging.py` (what must be true of each call), `memory.py`
(what flat means); `talks.py` (hour-long calls of the pure session) and `rules.py` (what its orders may be).
"""
