"""The calendar stand-in: Google's side. Begin with `standin.py`."""
