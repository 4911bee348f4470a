"""The mail server's stand-in."""
