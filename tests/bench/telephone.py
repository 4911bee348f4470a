"""Twilio's end of a simulated call: the signed webhook, the stream, and what is played.

Lean: it is to cost less than what it measures. What is strict about a stream is checked by the harness's
telephone; here only what has to be counted is looked at. Frames are sent by `generator.py`, which keeps time.
"""

import json
import re

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bridge.harness.telephone.signed import SignedClient, signature
from bridge.harness.telephone.stream_messages import Writer
from tests.bench.line import Line
from tests.bench.samples import Arrivals, now
from tests.bench.stamp import CALLER, FRAME_BYTES, MODEL, STAMP_CHARS, audio_bytes, read_stamp, rest, stamp

PUBLIC = "https://voice.example.test"  # what Twilio would sign; nothing listens there
ACCOUNT = "AC" + "0" * 32
AUTH_TOKEN = "auth-token-of-the-benchmark"
NUMBER = "+12025550100"
STREAM_PATH = "/twilio/stream"
FRAME_MS = 20
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_REST = rest(FRAME_BYTES).encode()
_MEDIA = (
    b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
    b'"payload":"%b%b"},"streamSid":"%b"}'
)


class NotTaken(Exception):
    """A call that was not put through to a stream; the text says why."""


class Stream(WSListener):
    """One call's stream."""

    def __init__(self, line: Line, call_sid: str) -> None:
        self.line = line
        self.is_over = False
        self._sid = "MZ" + call_sid[2:]
        self._sid_bytes = self._sid.encode()
        self._writer = Writer(ACCOUNT, call_sid, self._sid)
        self._transport: WSTransport | None = None
        self._sent = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_over = True

    def start(self, token: str) -> None:
        """What Twilio says first."""
        self._send(self._writer.connected().encode())
        self.line.started_at = now()
        self._send(self._writer.start({"token": token}).encode())

    def tick(self) -> None:
        """A frame from the caller, and twenty milliseconds of playing to them."""
        if self.is_over:
            return
        for name in self.line.tick():
            self._return_mark(name)
        number = self._sent = self._sent + 1
        at = now()
        label = stamp(CALLER, self.line.number, 0, self.line.frame_sent(at)).encode()
        self._send(
            _MEDIA % (number + 1, number, (number - 1) * FRAME_MS, label, _REST, self._sid_bytes),
        )

    def hang_up(self) -> None:
        """The caller does."""
        if not self.is_over and self._transport is not None:
            self._send(self._writer.stop().encode())
            self._transport.send_close()
            self._transport.disconnect()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        at = now()
        if frame.msg_type is not WSMsgType.TEXT:
            if frame.msg_type is WSMsgType.CLOSE:
                transport.disconnect()
            return
        text = frame.get_payload_as_bytes()
        begin = text.find(b'"payload":"') + 11
        if begin > 10:
            end = text.index(b'"', begin)
            found = read_stamp(text[begin : begin + STAMP_CHARS])
            is_piece = found is not None and found[0] == MODEL and found[1] == self.line.number
            piece = found[3] if found is not None and is_piece else None
            self.line.audio_arrived(piece, audio_bytes(end - begin, text[end - 2 : end]), at)
            return
        message = json.loads(text)
        if message["event"] == "mark":
            name = message["mark"]["name"]
            if self.line.mark_arrived(name):
                self._return_mark(name)
        elif message["event"] == "clear":
            for name in self.line.clear_arrived(at):
                self._return_mark(name)

    def _return_mark(self, name: str) -> None:
        self._send(self._writer.mark(name).encode())

    def _send(self, text: bytes) -> None:
        if self._transport is not None and not self.is_over:
            self._transport.send(WSMsgType.TEXT, text)


async def ring(client: SignedClient, server_port: int, line: Line, arrivals: Arrivals) -> Stream:
    """Call: the webhook, the handshake, `start`. Raises NotTaken."""
    began = now()
    answer = await client.post("/twilio/voice", _parameters(line.number, "ringing"))
    arrivals.webhooks.append(now() - began)
    token = _TOKEN.search(answer.body)
    if answer.status != 200 or token is None:
        raise NotTaken(f"the webhook answered {answer.status}: {answer.body[:200]}")
    stream = Stream(line, _call_sid(line.number))
    sign = signature(AUTH_TOKEN, PUBLIC.replace("https", "wss") + STREAM_PATH, {})
    await ws_connect(
        lambda: stream,
        f"ws://127.0.0.1:{server_port}{STREAM_PATH}",
        extra_headers={"x-twilio-signature": sign},
    )
    stream.start(token[1])
    return stream


async def tell_over(client: SignedClient, number: int) -> None:
    """The status callback of a call whose caller has hung up."""
    await client.post("/twilio/status", _parameters(number, "completed"))


def _call_sid(number: int) -> str:
    return f"CA{number:032x}"


def _parameters(number: int, status: str) -> dict[str, str]:
    return {
        "CallSid": _call_sid(number),
        "AccountSid": ACCOUNT,
        "From": f"+1202555{number % 10_000:04d}",
        "To": NUMBER,
        "CallStatus": status,
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }
