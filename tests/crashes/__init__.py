"""Processes that are killed on purpose: read `process.py`, then `tests/test_crash_points.py`."""
