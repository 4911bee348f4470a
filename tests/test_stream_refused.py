"""A socket that is not the stream of a call we answered: closed with 1008, and the model hears nothing."""

import asyncio
import contextlib
import json
from datetime import timedelta

import pytest

from bridge.call.switchboard import Switchboard
from bridge.twilio import stream_token
from bridge.twilio.routes import TOKEN_LIFE
from bridge.twilio.stream import START_S
from tests.line import Line
from tests.server import AUTH_TOKEN, BEGIN, PERSON, Server, in_no_time, serving, until

CALL = "CA" + "1" * 32
OTHER_CALL = "CA" + "2" * 32
REFUSED = 1008
REPLAYS = 12
GARBAGE: tuple[str | bytes, ...] = (
    b"\x00\x01",
    "",
    "{",
    "[]",
    "null",
    '{"event": "start"}',
    '{"event": "tomorrow", "sequenceNumber": "1"}',
    json.dumps({"event": "media", "streamSid": "MZ", "media": {"timestamp": "1", "payload": "////"}}),
    "[" * 5000,
)


async def refused(server: Server, line: Line, reason: str) -> None:
    """Check that the server closed, said nothing, told its log why, and did nothing else."""
    assert await line.closed() == REFUSED
    assert line.heard == []
    assert [entry["reason"] for entry in server.logged("stream_refused")][-1] == reason
    assert server.model.connections == 0


def made(
    call_sid: str, *, secret: str = AUTH_TOKEN, life: timedelta = TOKEN_LIFE, nonce: str = "n" * 22
) -> str:
    """A token as the webhook makes them."""
    return stream_token.mint(secret, call_sid, int((BEGIN + life).timestamp()), nonce)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param(None, "token malformed", id="none"),
        pytest.param("", "token malformed", id="empty"),
        pytest.param("x" * 600, "token malformed", id="long"),
        pytest.param("\u00fc\u2603", "token malformed", id="other letters"),
        pytest.param(made(CALL, secret="another-token"), "token forged", id="another secret"),
        pytest.param(made(CALL)[:-1] + "-", "token forged", id="changed"),
        pytest.param(made(OTHER_CALL), "token forged", id="another call"),
        pytest.param(made(CALL, life=-timedelta(seconds=1)), "token expired", id="expired"),
    ],
)
@in_no_time
async def test_tokens_that_are_no_good(token: str | None, reason: str) -> None:
    """None, garbage, forged, minted for another call, expired: each is refused."""
    async with serving() as server:
        await server.token(CALL)
        line = await server.stream(CALL)
        await line.start(token)
        await refused(server, line, reason)


@in_no_time
async def test_a_token_under_another_name() -> None:
    """Only the parameter that our TwiML names counts."""
    async with serving() as server:
        line = await server.stream(CALL)
        await line.start(None, Token=await server.token(CALL))
        await refused(server, line, "token malformed")


@in_no_time
async def test_a_token_grows_old() -> None:
    """The token of a webhook is good for a minute and not longer."""
    async with serving() as server:
        token = await server.token(CALL)
        await asyncio.sleep(TOKEN_LIFE.total_seconds())
        line = await server.stream(CALL)
        await line.start(token)
        await refused(server, line, "token expired")


@in_no_time
async def test_start_names_another_call_or_account() -> None:
    """What `start` says must be what the webhook said; and the token is not spent by the attempt."""
    async with serving() as server:
        token = await server.token(CALL)
        await server.token(OTHER_CALL)
        line = await server.stream(OTHER_CALL)
        await line.start(token)
        await refused(server, line, "token forged")
        line = await server.stream(CALL, account_sid="AC" + "9" * 32)
        await line.start(token)
        await refused(server, line, "another account")
        line = await server.stream(CALL)
        await line.start(token)
        await line.until("media")


@in_no_time
async def test_a_stream_of_another_sound() -> None:
    """Anything but mu-law at 8 kHz would reach the model as noise."""
    async with serving() as server:
        line = await server.stream(CALL)
        start = line.writer.start({"token": await server.token(CALL)})
        await line.send(start.replace('"sampleRate": 8000', '"sampleRate": 16000').replace(":8000", ":16000"))
        await refused(server, line, "not mu-law at 8 kHz")


@in_no_time
async def test_a_used_token() -> None:
    """A token is good once: not beside its call, and not after it."""
    async with serving() as server:
        token = await server.token(CALL)
        first = await server.stream(CALL)
        await first.start(token)
        await first.until("media")
        for _ in range(2):
            again = await server.stream(CALL)
            await again.start(token)
            assert await again.closed() == REFUSED
            assert again.heard == []
            await first.hang_up()
        assert [entry["reason"] for entry in server.logged("stream_refused")] == ["token used before"] * 2
        assert server.model.connections == 1


@in_no_time
async def test_many_replays_at_once() -> None:
    """Of many sockets that bring the same token at the same moment exactly one gets the call."""
    async with serving() as server:
        token = await server.token(CALL)
        lines = [await server.stream(CALL) for _ in range(REPLAYS)]
        await asyncio.gather(*(line.start(token) for line in lines))
        winners: list[Line] = []

        async def try_one(line: Line) -> int | None:
            try:
                await line.until("media")
            except AssertionError:
                return line.socket.close_code
            winners.append(line)
            return None

        codes = await asyncio.gather(*(try_one(line) for line in lines))
        assert sorted(codes, key=str) == [REFUSED] * (REPLAYS - 1) + [None]
        assert len(winners) == 1
        assert server.model.connections == 1


@in_no_time
async def test_a_second_stream_with_a_fresh_token() -> None:
    """A call that has its stream gets no second one, whatever token it brings."""
    async with serving() as server:
        await server.talking(CALL)
        second = await server.stream(CALL)
        await second.start(await server.token(CALL))
        assert await second.closed() == REFUSED
        assert second.heard == []
        assert server.model.connections == 1


@in_no_time
async def test_no_start_in_time() -> None:
    """Whoever opens a socket and says nothing, or goes on about something else, is closed after seconds."""
    async with serving() as server:
        silent, chatty = await server.stream(CALL), await server.stream(OTHER_CALL)
        opened = asyncio.get_running_loop().time()
        for message in GARBAGE:
            await chatty.send(message)
        await refused(server, silent, "no start in time")
        await refused(server, chatty, "no start in time")
        took = asyncio.get_running_loop().time() - opened
        assert START_S - 0.01 <= took < START_S + 2  # the loop rounds to its clock's grain


@in_no_time
async def test_garbage_before_start_does_not_matter() -> None:
    """What does not fit before a good `start` is passed over."""
    async with serving() as server:
        token = await server.token(CALL)
        line = await server.stream(CALL)
        for message in GARBAGE:
            await line.send(message)
        await line.start(token)
        await line.until("media")


@in_no_time
async def test_gone_before_start() -> None:
    """A socket that closes or breaks before `start` leaves nothing."""
    async with serving() as server:
        polite, rude = await server.stream(CALL), await server.stream(CALL)
        await polite.socket.close()
        rude.abort()
        await until(lambda: len(server.logged("stream_refused")) == 2, 5)
        assert server.model.connections == 0
        assert await server.is_empty()


@in_no_time
async def test_far_too_large_before_start() -> None:
    """Megabytes from a stranger are not gathered in memory: the socket is closed with 1009."""
    async with serving() as server:
        line = await server.stream(CALL)
        with contextlib.suppress(ConnectionError):  # the server does not read it to its end
            await line.send("x" * 5_000_000)
        assert await line.closed() in (1009, 1006)  # its close frame may be lost with the rest
        assert [entry["reason"] for entry in server.logged("stream_refused")] == ["closed before start"]
        assert server.model.connections == 0


@in_no_time
async def test_a_refused_caller_reaches_a_person() -> None:
    """Twilio asks for the next step after a refused stream as well: the caller is not hung up on."""
    async with serving() as server:
        await server.token(CALL)
        line = await server.stream(CALL)
        await line.start("forged")
        await refused(server, line, "token malformed")
        answer = await server.post("/twilio/next", CALL)
        assert f"<Number>{PERSON}</Number>" in answer.body
        assert "<Dial " in answer.body


@in_no_time
async def test_no_stream_is_taken_while_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `start` that comes after SIGTERM would begin a call that nobody ends."""
    kept: list[Switchboard] = []
    made_by = Switchboard.__init__

    def keep(board: Switchboard, **parts: object) -> None:
        made_by(board, **parts)  # type: ignore[arg-type]
        kept.append(board)

    monkeypatch.setattr(Switchboard, "__init__", keep)
    async with serving() as server:
        token = await server.token(CALL)
        line = await server.stream(CALL)
        await kept[0].stop(0.1)
        await line.start(token)
        await refused(server, line, "no place for it")
        answer = await server.post("/twilio/voice", OTHER_CALL)
        assert "<Stream" not in answer.body
        assert "<Redirect" in answer.body  # another process may take it: tests/bridge/twilio/test_handover.py
