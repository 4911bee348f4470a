"""The Twilio REST stand-in. Begin with `standin.py`."""
