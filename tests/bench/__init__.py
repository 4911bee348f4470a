"""What the relay costs: `python -m tests.bench`, or `make bench`.

Read in this order: `programme.py` (which rounds are held), `parties.py` (what is measured: our server, and
`bare.py`, a relay without logic), `generator.py` (who calls: `telephone.py`, and `model.py` which answers),
`samples.py` (what is counted), `figures.py` and `table.py` (what is made of it), `curves.py` (as a picture).
How many calls a process carries is another command, `capacity.py`: `climbing.py` and `steps.py` find it,
`card.py` says it, `count.py`, `paper.py` and `limits.py` go on from there to what more calls would take.
"""
