"""The relay that ours is compared with: aiohttp, the `websockets` client and uvloop, and no logic at all.

`python -m tests.bench.bare PORT MODEL_URL`. It takes every call, checks nothing, keeps nothing, sets no
marks, runs no tools; audio goes across undecoded, and `speech_started` clears. Whatever ours costs more is
the price of what ours does.
"""

import asyncio
import signal
import sys

import msgspec
import uvloop
from aiohttp import WSMsgType, web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

TWIML = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="wss://voice.example.test/twilio/'
    'stream"><Parameter name="token" value="none"/></Stream></Connect></Response>'
)
CONFIGURE = msgspec.json.encode(
    {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "audio": {
                "input": {"format": {"type": "audio/pcmu"}},
                "output": {"format": {"type": "audio/pcmu"}},
            },
        },
    }
).decode()
BEGIN = '{"type":"response.create"}'


class _Payload(msgspec.Struct, frozen=True):
    payload: str = ""


class _Start(msgspec.Struct, frozen=True):
    streamSid: str = ""  # noqa: N815 - Twilio's name


class _FromTwilio(msgspec.Struct):
    event: str
    media: _Payload = _Payload()
    start: _Start = _Start()


class _FromModel(msgspec.Struct):
    type: str
    delta: str = ""


_from_twilio = msgspec.json.Decoder(_FromTwilio)
_from_model = msgspec.json.Decoder(_FromModel)


async def voice(_: web.Request) -> web.Response:
    return web.Response(text=TWIML, content_type="text/xml")


async def healthz(_: web.Request) -> web.Response:
    return web.Response()


async def relay(request: web.Request, model_url: str) -> web.WebSocketResponse:
    """One call, to its end."""
    caller = web.WebSocketResponse(compress=False)
    await caller.prepare(request)
    async with connect(
        f"{model_url}?model=gpt-realtime-2.1",
        additional_headers={"Authorization": "Bearer key"},
        compression=None,
        proxy=None,
    ) as model:
        await model.send(CONFIGURE)
        back: asyncio.Task[None] | None = None
        ready = asyncio.Event()
        async for message in caller:
            if message.type is not WSMsgType.TEXT:
                break
            said = _from_twilio.decode(message.data)
            if said.event == "media":
                if ready.is_set():  # before that it would be taken for another format
                    await model.send(f'{{"type":"input_audio_buffer.append","audio":"{said.media.payload}"}}')
            elif said.event == "start":
                back = asyncio.create_task(to_caller(caller, model, said.start.streamSid, ready))
            elif said.event == "stop":
                break
        if back is not None:
            back.cancel()
    return caller


async def to_caller(
    caller: web.WebSocketResponse, model: ClientConnection, stream_sid: str, ready: asyncio.Event
) -> None:
    head = f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"'
    clear = f'{{"event":"clear","streamSid":"{stream_sid}"}}'
    try:
        while True:
            said = _from_model.decode(await model.recv(decode=False))
            if said.type == "response.output_audio.delta":
                await caller.send_str(f'{head}{said.delta}"}}}}')
            elif said.type == "input_audio_buffer.speech_started":
                await caller.send_str(clear)
            elif said.type == "session.updated":
                ready.set()
                await model.send(BEGIN)
    except (ConnectionClosed, ConnectionError):
        await caller.close()


async def main(port: int, model_url: str) -> None:
    """Serve until SIGTERM."""

    async def stream(request: web.Request) -> web.WebSocketResponse:
        return await relay(request, model_url)

    app = web.Application()
    app.add_routes(
        [
            web.post("/twilio/voice", voice),
            web.get("/twilio/stream", stream),
            web.get("/healthz", healthz),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
