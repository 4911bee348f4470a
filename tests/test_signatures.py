"""Whoever is not Twilio: every address answers 403 and does nothing at all."""

import base64

import pytest
from aiohttp import FormData, WSServerHandshakeError

from bridge.harness.telephone.signed import signature
from tests.server import ACCOUNT, AUTH_TOKEN, CALLER, NUMBER, PUBLIC, Server, in_no_time, serving

POSTS = ("voice", "next", "handoff", "status", "sms")
CALL = "CA" + "1" * 32
FORM = {
    "AccountSid": ACCOUNT,
    "CallSid": CALL,
    "MessageSid": "SM" + "1" * 32,
    "From": CALLER,
    "To": NUMBER,
    "CallStatus": "completed",
    "DialCallStatus": "no-answer",
}
FORM_TYPE = "application/x-www-form-urlencoded"


async def untouched(server: Server) -> bool:
    """True when nothing was written, nobody was called and nothing was asked of the outside."""
    stand = server.stand
    outside = [*stand.calendar.ledger.entries, *stand.rest.ledger.entries]
    return await server.is_empty() and server.model.connections == 0 and outside == []


@pytest.mark.parametrize("name", POSTS)
@in_no_time
async def test_forged_and_missing_signatures(name: str) -> None:
    """A webhook that Twilio did not sign, or signed for something else, gets 403 and no word."""
    path = f"/twilio/{name}"
    right = signature(AUTH_TOKEN, PUBLIC + path, FORM)
    wrong = {
        "missing": "",
        "no base64": "forged",
        "of another account": signature("another-token", PUBLIC + path, FORM),
        "of another path": signature(AUTH_TOKEN, PUBLIC + "/twilio/other", FORM),
        "of the Host header": signature(AUTH_TOKEN, f"http://127.0.0.1{path}", FORM),
        "of another form": signature(AUTH_TOKEN, PUBLIC + path, {**FORM, "From": NUMBER}),
        "of an empty form": signature(AUTH_TOKEN, PUBLIC + path, {}),
        "changed": right[:-2] + ("A=" if right[-2] != "A" else "B="),
        "twice": right + right,
    }
    async with serving() as server:
        for why, header in wrong.items():
            answer = await server.client.post(path, FORM, signed_as=header)
            assert (answer.status, answer.body) == (403, ""), why
        more = await server.client.post(path, {**FORM, "Added": "1"}, signed_as=right)
        less = await server.client.post(f"{path}?more=1", FORM, signed_as=right)
        assert (more.status, less.status) == (403, 403)
        assert await untouched(server)
        assert len(server.logged("signature_refused")) == len(wrong) + 2
        assert CALLER not in server.log()


@pytest.mark.parametrize("name", POSTS)
@in_no_time
async def test_signed_requests_are_answered(name: str) -> None:
    """The same requests, signed: what the refusals above refuse is otherwise good."""
    async with serving() as server:
        answer = await server.client.post(f"/twilio/{name}", FORM)
        assert answer.status == (204 if name == "status" else 200)


@pytest.mark.parametrize("name", ["voice", "next", "handoff", "sms", "status"])
@in_no_time
async def test_signed_requests_about_no_call(name: str) -> None:
    """A signed form that lacks what the address is about is the sender's mistake, never our error."""
    lacking = {name: value for name, value in FORM.items() if name != "CallSid"}
    if name == "sms":
        lacking = {name: value for name, value in FORM.items() if name != "MessageSid"}
    async with serving() as server:
        answer = await server.client.post(f"/twilio/{name}", lacking)
        # Callbacks about messages reach the status address too: they name no call.
        assert answer.status == (204 if name == "status" else 400)
        neither = await server.client.post(f"/twilio/{name}", {"AccountSid": ACCOUNT})
        assert neither.status == 400
        assert await untouched(server)


@in_no_time
async def test_forms_that_are_none() -> None:
    """Bytes that are no form are refused like a forgery; too many of them are not even read."""
    header = {"X-Twilio-Signature": base64.b64encode(b"x" * 20).decode()}
    bodies = {
        "no UTF-8": (b"CallSid=\xff\xfe", FORM_TYPE),
        "an unknown charset": (b"CallSid=CA1", f"{FORM_TYPE}; charset=nonsense"),
        "multipart without a boundary": (b"--x\r\n\r\n--x--", "multipart/form-data"),
        "multipart cut off": (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
        "a part without a name": (b"--x\r\n\r\nhello\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        "JSON": (b'{"CallSid": "CA1"}', "application/json"),
        "nothing": (b"", FORM_TYPE),
    }
    async with serving() as server:
        url = f"{server.url}/twilio/voice"
        for why, (body, kind) in bodies.items():
            async with server.session.post(
                url, data=body, headers={**header, "Content-Type": kind}
            ) as answer:
                assert answer.status == 403, why
        upload = FormData({**FORM})
        upload.add_field("File", b"data", filename="x.txt")
        signed = {"X-Twilio-Signature": signature(AUTH_TOKEN, f"{PUBLIC}/twilio/voice", FORM)}
        async with server.session.post(url, data=upload, headers=signed) as answer:
            assert answer.status == 403
        large = b"CallSid=" + b"1" * 100_000
        async with server.session.post(
            url, data=large, headers={**header, "Content-Type": FORM_TYPE}
        ) as answer:
            assert answer.status == 413
        assert await untouched(server)


@in_no_time
async def test_handshakes() -> None:
    """The stream's upgrade is signed as well: forged or missing, it is 403 before any socket opens."""
    url = PUBLIC.replace("https", "wss") + "/twilio/stream"
    async with serving() as server:
        for header in (
            "",
            "forged",
            signature("another-token", url, {}),
            signature(AUTH_TOKEN, url + "2", {}),
        ):
            with pytest.raises(WSServerHandshakeError) as refused:
                await server.client.open_stream("/twilio/stream", signed_as=header)
            assert refused.value.status == 403
        headers = {"X-Twilio-Signature": signature(AUTH_TOKEN, url, {})}
        async with server.session.get(f"{server.url}/twilio/stream", headers=headers) as answer:
            assert answer.status == 400  # signed, and no upgrade
        assert await untouched(server)


@in_no_time
async def test_wrong_methods_and_paths() -> None:
    """Only what Twilio does is offered: POST for webhooks, GET for the socket."""
    async with serving() as server:
        for name in POSTS:
            for method in ("GET", "PUT", "DELETE"):
                async with server.session.request(method, f"{server.url}/twilio/{name}") as answer:
                    assert answer.status == 405, (method, name)
        assert (await server.client.post("/twilio/stream", FORM)).status == 405
        assert (await server.client.post("/twilio/nothing", FORM)).status == 404
        assert await untouched(server)
