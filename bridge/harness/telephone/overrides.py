"""Twilio's connection overrides: how patient a webhook is, read from its URL's fragment.

Pure. Source: Twilio, Webhooks (HTTP callbacks): Connection Overrides. The fragment stays with
Twilio: it is neither sent nor signed. Read next: webhooks.py.
"""

from urllib.parse import parse_qsl

import msgspec

_LIMITS = {"rc": (0, 5), "ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000)}
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})
_NOT_SIMULATED = frozenset({"e", "sni"})  # Twilio's edges and certificates: nothing on loopback


class Overrides(msgspec.Struct, frozen=True):
    """How one webhook is tried. Times in milliseconds."""

    retries: int = 1
    retried: frozenset[str] = frozenset({"ct"})  # a server error is not retried unless asked for
    connect_ms: int = 5000
    read_ms: int = 15_000
    total_ms: int = 15_000

    def retries_after(self, failure: str) -> bool:
        """True when `failure` (4xx, 5xx, ct or rt) is worth another attempt."""
        return failure in self.retried or "all" in self.retried


def parse_overrides(url: str) -> Overrides:
    """The overrides in the fragment of `url`. Raises ValueError for one Twilio does not know."""
    numbers: dict[str, int] = {}
    retried = frozenset({"ct"})
    for name, value in parse_qsl(url.partition("#")[2], keep_blank_values=True):
        if name == "rp":
            retried = frozenset(value.split(","))
            if unknown := retried - _POLICIES:
                raise ValueError(f"connection override rp={min(unknown)}")
        elif name in _LIMITS:
            low, high = _LIMITS[name]
            if not value.isdecimal() or not low <= int(value) <= high:
                raise ValueError(f"connection override {name}={value}: not in {low}-{high}")
            numbers[name] = int(value)
        elif name not in _NOT_SIMULATED:
            raise ValueError(f"connection override {name} does not exist")
    return Overrides(
        retries=numbers.get("rc", 1),
        retried=retried,
        connect_ms=numbers.get("ct", 5000),
        read_ms=numbers.get("rt", 15_000),
        total_ms=numbers.get("tt", 15_000),
    )
