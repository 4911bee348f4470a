"""What the relay costs: `python -m tests.bench`, or `make bench`.

Read in this order: `programme.py` (which rounds are held), `parties.py` (what is measured: our server, and
`bare.py`, a relay without logic), `generator.py` (who calls: `telephone.py`, and `model.py` which answers),
`samples.py` (what is counted), `figures.py` and `table.py` (what is made of it), `curves.py` (as a picture).
"""
