"""Whether a host is this machine: only to itself may anything be sent without encryption.

Pure.
"""

import ipaddress


def is_loopback(host: str) -> bool:
    """True for names and addresses of this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
