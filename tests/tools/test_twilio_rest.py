"""Twilio's own client as we want it; what it sends is tested with `sms.py` and `legs.py`."""

import threading

import pytest

from tools.twilio_rest import TwilioClients


def clients() -> TwilioClients:
    return TwilioClients(
        account_sid="AC1", login=("SK1", "secret"), api_url="http://127.0.0.1:1/", timeout_s=1.0
    )


def test_each_thread_has_its_own() -> None:
    """A requests session is not safe to share."""
    each = clients()
    mine, others = each.mine(), []
    thread = threading.Thread(target=lambda: others.append(each.mine()))
    thread.start()
    thread.join()
    assert mine is each.mine()
    assert others != [mine]
    each.close()


def test_the_environment_has_no_say_in_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """TWILIO_EDGE and TWILIO_REGION would send requests elsewhere."""
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    each = clients()
    client = each.mine()
    assert (client.edge, client.region) == ("", "")
    assert client.api.base_url == "http://127.0.0.1:1"
    each.close()
