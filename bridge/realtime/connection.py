"""The websocket to the Realtime service: OpenAI's own, Azure's, or a stand-in on this machine.

Shell. `connect` opens it and answers with a leg's `Socket`. A session is settled only once
the service has sent `session.created`; see `bridge/call/session.py` for what follows.
Source: OpenAI, Realtime API with WebSocket; Azure OpenAI, GPT Realtime API.
"""

import hmac
import ipaddress
import ssl
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as _websockets_connect
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.protocol import State

from bridge.call.leg import SocketClosed

OPEN_S = 5.0  # the caller hears nothing meanwhile
CLOSE_S = 1.0  # a hung-up call must not keep a session that is paid for
PING_S = 20.0
UNSENT_LIMIT = (
    32 * 1024
)  # bytes that the transport keeps, and under TLS some more below it; then the outbox does
MESSAGE_LIMIT = 16 * 1024 * 1024  # bytes; a delta is some kilobytes, a retrieved item may be megabytes


class ModelUnreachable(SocketClosed):
    """The socket could not be opened. `status` is the HTTP status, where the service gave one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(None, reason, status)


class _Connect(_websockets_connect):
    """`websockets` follows redirects; with a key in the headers we go nowhere but where we were told."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class ModelSocket:
    """A websocket of the `websockets` package as a leg's `Socket`."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket

    async def receive(self) -> str | bytes:
        """Next message as bytes: the codec reads UTF-8 as it is. Raises SocketClosed."""
        try:
            return await self._websocket.recv(decode=False)
        except ConnectionClosed as closed:
            raise self._closed() from closed

    async def send(self, text: str) -> None:
        """Hand one message to the operating system. Raises SocketClosed."""
        try:
            await self._websocket.send(text)
        except ConnectionClosed as closed:
            raise self._closed() from closed

    def send_now(self, text: str) -> bool:
        """Send while the socket is open and the service keeps up; false, and nothing is sent, where not."""
        websocket = self._websocket
        if websocket.state is not State.OPEN or websocket.transport.get_write_buffer_size() > UNSENT_LIMIT:
            return False
        broadcast((websocket,), text)  # to one connection: the package's way to send without a coroutine
        return True

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close and wait, at most CLOSE_S twice, for the service to agree; harmless when closed."""
        await self._websocket.close(code, reason)

    def _closed(self) -> SocketClosed:
        return SocketClosed(self._websocket.close_code, self._websocket.close_reason or "")


async def connect(
    url: str,
    model: str,
    api_key: str,
    auth_header: Literal["authorization", "api-key"] = "authorization",
    caller: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> ModelSocket:
    """Open a session's socket.

    `auth_header`: "authorization" sends the key as Bearer (OpenAI, or an Entra token),
    "api-key" as Azure wants its keys. `caller`: who calls, E.164; only a keyed hash of it is sent.
    `tls`: of `client_tls` for this address.
    Raises ModelUnreachable when the service does not take us in, ValueError as `realtime_url` and where
    `tls` does not fit the address.
    """
    address = realtime_url(url, model)
    headers = (
        {"Authorization": f"Bearer {api_key}"} if auth_header == "authorization" else {"api-key": api_key}
    )
    if caller:
        # Keyed, since anybody can hash every telephone number there is.
        digest = hmac.new(api_key.encode(), caller.encode(), "sha256").hexdigest()
        headers["OpenAI-Safety-Identifier"] = digest
    try:
        websocket = await _Connect(
            address,
            additional_headers=headers,
            ssl=tls,
            compression=None,  # base64 of speech hardly shrinks and the time is missing elsewhere
            # A proxy named in the environment is how many sites reach the outside, so it is
            # honoured; it knows nothing of stand-ins on this machine.
            proxy=None if is_loopback(address) else True,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            max_size=MESSAGE_LIMIT,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        raise ModelUnreachable(f"refused with status {status}", status) from refused
    except TimeoutError as late:
        raise ModelUnreachable(f"no answer within {OPEN_S:g} s") from late
    except (OSError, InvalidHandshake, ConnectionClosed, EOFError) as broken:
        raise ModelUnreachable(type(broken).__name__) from broken
    return ModelSocket(websocket)


def client_tls(url: str) -> ssl.SSLContext | None:
    """Whom to trust at this address, made once for all sessions; None where nothing is encrypted.

    Left to the loop it would be made for each, and reading all certificates of a system keeps the loop,
    and so every caller's sound, waiting for some 30 ms.
    """
    return ssl.create_default_context() if urlsplit(url).scheme == "wss" else None


def realtime_url(url: str, model: str) -> str:
    """`url` with `?model=` added to whatever query it has.

    Raises ValueError unless it is wss://, or ws:// to this machine: the key and the caller's
    voice never cross a network unencrypted.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("wss", "ws") or not parts.hostname:
        raise ValueError(f"not a websocket address: {url!r}")
    if parts.scheme == "ws" and not is_loopback(url):
        raise ValueError(f"unencrypted, and not on this machine: {url!r}")
    query = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "model"
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, ("model", model)])))


def is_loopback(url: str) -> bool:
    """True when the address is on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
