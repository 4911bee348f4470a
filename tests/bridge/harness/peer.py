"""A tiny server for the telephone to call: documents by path, and a script for its streams.

It checks every signature with Twilio's own library and keeps what it was asked.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any

from aiohttp import WSMsgType, web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.telephone import Telephone
from bridge.harness.virtual_time import run_fast

PUBLIC = "https://voice.example.test"
ACCOUNT = "AC" + "0" * 32
TOKEN = "auth-token"
NUMBER = "+15550100100"
CALLER = "+12025550143"

STREAM = (
    '<Connect action="/twilio/next"><Stream url="wss://voice.example.test/twilio/stream">'
    '<Parameter name="token" value="t"/></Stream></Connect>'
)


class Stream:
    """The server's end of one stream: messages as objects."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.received: list[dict[str, Any]] = []
        self.sid = ""

    async def receive(self) -> dict[str, Any] | None:
        """The next message, None when the socket has closed."""
        message = await self.socket.receive()
        if message.type is not WSMsgType.TEXT:
            return None
        data: dict[str, Any] = json.loads(message.data)
        self.received.append(data)
        if data["event"] == "start":
            self.sid = data["streamSid"]
        return data

    async def until(self, event: str, count: int = 1) -> dict[str, Any]:
        """Read on to the `count`-th message of a kind."""
        while True:
            message = await self.receive()
            assert message is not None, f"the stream ended before {event}"
            if message["event"] == event:
                count -= 1
                if count == 0:
                    return message

    async def drain(self) -> None:
        """Read to the end of the stream."""
        while await self.receive() is not None:
            pass

    async def send(self, event: str, **body: Any) -> None:
        await self.socket.send_str(json.dumps({"event": event, "streamSid": self.sid, **body}))

    async def play(self, payload_b64: str) -> None:
        await self.send("media", media={"payload": payload_b64})

    async def mark(self, name: str) -> None:
        await self.send("mark", mark={"name": name})


async def drain(stream: Stream) -> None:
    """A server that only listens."""
    await stream.drain()


class Peer:
    """The server. `documents` are the insides of <Response> by path, or whole responses."""

    def __init__(
        self,
        documents: Mapping[str, str | Callable[[], web.StreamResponse]],
        on_stream: Callable[[Stream], Awaitable[None]] = drain,
    ) -> None:
        self.documents = documents
        self.on_stream = on_stream
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.headers: list[Mapping[str, str]] = []
        self.streams: list[Stream] = []
        self.refuse_stream = 0  # HTTP status to answer handshakes with; 0 accepts
        self.hold = False  # webhooks are taken and never answered
        self._going = asyncio.Event()
        self.url = ""
        self._validator = RequestValidator(TOKEN)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "Peer":
        app = web.Application()
        app.router.add_post("/{path:.*}", self._webhook)
        app.router.add_get("/twilio/stream", self._socket)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        self._going.set()
        await self._runner.cleanup()

    def forms_of(self, path: str) -> list[dict[str, str]]:
        return [form for asked, form in self.forms if asked == path]

    def telephone(self, **more: Any) -> Telephone:
        """A telephone that calls this server."""
        ledger = Ledger("telephone", asyncio.get_running_loop().time)
        return Telephone(self.url, PUBLIC, ACCOUNT, TOKEN, NUMBER, ledger, 7, **more)

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        header = request.headers.get("X-Twilio-Signature", "")
        if not self._validator.validate(PUBLIC + request.raw_path, form, header):
            return web.Response(status=403)
        self.forms.append((request.path, {name: str(value) for name, value in form.items()}))
        self.headers.append(request.headers)
        if self.hold:
            await self._going.wait()
        answer = self.documents.get(request.path)
        if answer is None:
            return web.Response(status=204)
        if isinstance(answer, str):
            return web.Response(text=f"<Response>{answer}</Response>", content_type="text/xml")
        return answer()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        url = "wss" + PUBLIC.removeprefix("https") + request.raw_path
        if not self._validator.validate(url, {}, request.headers.get("x-twilio-signature", "")):
            return web.Response(status=403)
        assert "Origin" not in request.headers
        assert "Sec-WebSocket-Protocol" not in request.headers
        if self.refuse_stream:
            return web.Response(status=self.refuse_stream)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        stream = Stream(socket)
        self.streams.append(stream)
        await self.on_stream(stream)
        await socket.close()
        return socket


def run_clean(main: Coroutine[Any, Any, None]) -> None:
    """Run on virtual time; afterwards no task may be left over."""

    async def checked() -> None:
        await main
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert left == set(), left

    run_fast(checked())
