"""Which hosts are this machine."""

import pytest

from tools.loopback import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine(host: str) -> None:
    """Names and addresses that lead nowhere else."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.1", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"]
)
def test_other_machines(host: str) -> None:
    """Only this machine may be spoken to without encryption."""
    assert not is_loopback(host)
