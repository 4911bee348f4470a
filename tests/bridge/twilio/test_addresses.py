"""Full addresses from PUBLIC_BASE_URL."""

import pytest

from bridge.twilio.addresses import socket_url, webhook_url


def test_webhook_address_with_and_without_retries() -> None:
    """Only what Twilio may ask again carries the connection overrides."""
    assert (
        webhook_url("https://voice.example.test", "/twilio/next") == "https://voice.example.test/twilio/next"
    )
    assert (
        webhook_url("https://voice.example.test/", "/twilio/next", retried=True)
        == "https://voice.example.test/twilio/next#rc=3&rp=all"
    )


@pytest.mark.parametrize("base", ["https://voice.example.test", "http://voice.example.test/"])
def test_socket_address_is_always_wss(base: str) -> None:
    """Twilio accepts no other scheme for a stream, whatever the base says."""
    assert socket_url(base, "/twilio/stream") == "wss://voice.example.test/twilio/stream"
