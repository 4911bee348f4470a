"""Requests by hand: signed for the public address, sent to the loopback port."""

import aiohttp
import pytest

from bridge.harness.telephone.signed import NotOurs, SignedClient, signature
from tests.bridge.harness.peer import PUBLIC, TOKEN, Peer, Stream


def test_signature_of_a_form() -> None:
    """The vector of Twilio's documentation."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert signature("12345", url + "#rc=3&rp=all", form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert signature("12345", "wss://example.com/twilio/media", {}) == "Ko8aymfVk0cCegaxVKH0ZCvSyf4="


async def test_post_with_right_wrong_and_no_signature() -> None:
    """A test can sign a webhook by hand, or leave it unsigned."""
    async with Peer({"/twilio/sms": ""}) as peer, aiohttp.ClientSession() as session:
        client = SignedClient(session, peer.url, PUBLIC, TOKEN)
        form = {"MessageSid": "SM1", "Body": " a & b "}
        assert (await client.post("/twilio/sms?ob=1%202", form)).status == 200
        assert (await client.post(PUBLIC + "/twilio/sms#rc=3", form)).body == "<Response></Response>"
        assert (await client.post("/twilio/sms", form, signed_as="wrong")).status == 403
        assert (await client.post("/twilio/sms", form, signed_as="")).status == 403
        assert peer.forms == [("/twilio/sms", form)] * 2


async def test_open_stream_by_hand() -> None:
    """A test can open a signed stream and say what it likes, or be refused."""
    heard: list[str] = []

    async def listen(stream: Stream) -> None:
        heard.append(await stream.socket.receive_str())

    async with Peer({}, listen) as peer, aiohttp.ClientSession() as session:
        client = SignedClient(session, peer.url, PUBLIC, TOKEN)
        socket = await client.open_stream("/twilio/stream")
        await socket.send_str("anything")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert heard == ["anything"]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.open_stream("/twilio/stream", signed_as="wrong")
        assert refused.value.status == 403


@pytest.mark.parametrize(
    "url", ["https://other.example/x", "https://voice.example.test.evil/x", "ftp://voice.example.test/x", "x"]
)
async def test_addresses_that_are_not_the_servers(url: str) -> None:
    """Nothing is ever sent to anybody else."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(NotOurs):
            SignedClient(session, "http://127.0.0.1:1", PUBLIC, TOKEN).local(url)
