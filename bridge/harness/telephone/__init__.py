"""The telephone: Twilio's side of a call. Begin with `telephone.py`."""
