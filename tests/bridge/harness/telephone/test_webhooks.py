"""Webhooks are tried as often and as long as Twilio would."""

import random

import aiohttp
from aiohttp import web

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.signed import SignedClient
from bridge.harness.telephone.webhooks import Webhooks
from tests.bridge.harness.peer import PUBLIC, TOKEN, Peer, run_clean

URL = PUBLIC + "/twilio/voice"


def sender(session: aiohttp.ClientSession, server_url: str) -> tuple[Webhooks, Ledger]:
    ledger = Ledger("telephone", lambda: 0.0)
    return Webhooks(SignedClient(session, server_url, PUBLIC, TOKEN), ledger, random.Random(1)), ledger


async def test_server_error_is_retried_only_when_asked_for() -> None:
    """The default retries failed connects alone; our fragment asks for more, under one token."""
    async with (
        Peer({"/twilio/voice": lambda: web.Response(status=503)}) as peer,
        aiohttp.ClientSession() as session,
    ):
        webhooks, ledger = sender(session, peer.url)
        assert await webhooks.document(URL, {"A": "1"}) is None
        assert len(peer.forms) == 1
        assert await webhooks.document(URL + "#rc=3&rp=all", {"A": "1"}) is None
        assert len(peer.forms) == 5
        tokens = [headers["I-Twilio-Idempotency-Token"] for headers in peer.headers]
        assert len(set(tokens[1:])) == 1
        assert tokens[0] != tokens[1]
        assert [entry.data["status"] for entry in ledger.of("webhook")] == [503] * 5
        assert [entry.data["what"] for entry in ledger.breaches()] == ["11200", "11200"]


async def test_retry_that_succeeds_is_no_breach() -> None:
    """One bad moment of the server is survived."""
    answers = iter([web.Response(status=500), web.Response(text="<Response/>", content_type="text/xml")])
    async with Peer({"/twilio/voice": lambda: next(answers)}) as peer, aiohttp.ClientSession() as session:
        webhooks, ledger = sender(session, peer.url)
        answer = await webhooks.document(URL + "#rc=1&rp=5xx", {})
        assert answer is not None
        assert answer.body == "<Response/>"
        assert ledger.breaches() == []


async def test_nobody_there() -> None:
    """A refused connection is tried once more, then the caller is cut off."""
    async with Peer({}) as peer:
        gone = peer.url
    async with aiohttp.ClientSession() as session:
        webhooks, ledger = sender(session, gone)
        assert await webhooks.document(URL, {}) is None
        assert [entry.data["status"] for entry in ledger.of("webhook")] == [0, 0]
        assert [entry.data["what"] for entry in ledger.breaches()] == ["11205"]


def test_server_that_does_not_answer() -> None:
    """After 15 s (here: what the fragment says) Twilio gives up."""

    async def main() -> None:
        async with Peer({}) as peer, aiohttp.ClientSession() as session:
            webhooks, ledger = sender(session, peer.url)
            peer.hold = True
            assert await webhooks.document(URL + "#rt=3000", {}) is None
            assert await webhooks.document(URL, {}) is None
            assert [entry.data["what"] for entry in ledger.breaches()] == ["11205", "11205"]
            assert "3000 ms" in ledger.breaches()[0].data["detail"]
            assert "15000 ms" in ledger.breaches()[1].data["detail"]

    run_clean(main())


async def test_wrong_override_or_address_is_not_tried() -> None:
    """Twilio refuses such an address outright."""
    async with Peer({}) as peer, aiohttp.ClientSession() as session:
        webhooks, ledger = sender(session, peer.url)
        assert await webhooks.document(URL + "#rc=9", {}) is None
        assert await webhooks.document("https://other.example/x", {}) is None
        assert [entry.data["what"] for entry in ledger.breaches()] == ["11100", "11210"]
        assert peer.forms == []


async def test_callbacks_want_no_content() -> None:
    """204 or an empty document; an error or a web page is a breach."""
    answers = iter(
        [
            web.Response(status=204),
            web.Response(text="<Response/>", content_type="text/xml"),
            web.Response(text="<html>"),
            web.Response(status=500),
        ]
    )
    async with Peer({"/twilio/status": lambda: next(answers)}) as peer, aiohttp.ClientSession() as session:
        webhooks, ledger = sender(session, peer.url)
        for expected in ([], [], ["15003"], ["15003", "11200"]):
            await webhooks.callback(PUBLIC + "/twilio/status", {"CallStatus": "completed"})
            assert [entry.data["what"] for entry in ledger.breaches()] == expected
