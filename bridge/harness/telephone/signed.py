"""Requests as Twilio sends them: signed for the public address, carried to a loopback port.

A server that rebuilds its address from the Host header fails against this, as it would behind
a proxy. The signature is computed here from Twilio's description (Webhooks Security) and not
with the library the server checks it with. Tests use `SignedClient` by hand to post a webhook
or open a stream, rightly or wrongly signed. Read next: webhooks.py.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping

import msgspec
from aiohttp import (
    ClientConnectorError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
)
from yarl import URL

HANDSHAKE_S = 15.0
_CLOSE_S = 5.0  # how long Twilio's end waits for the answer to its close frame
_TRANSACTION = ClientTimeout(total=15, sock_connect=5)  # Twilio's defaults
_WEBHOOK_AGENT = "TwilioProxy/1.1"
_STREAM_AGENT = "Twilio.TmeWs/1.0"


class NotOurs(ValueError):
    """An address outside PUBLIC_BASE_URL: there is nobody to ask."""


class Answer(msgspec.Struct, frozen=True):
    """What a webhook was answered."""

    status: int
    content_type: str  # without parameters, e.g. "text/xml"
    body: str


def signature(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature of a form POST to `url`, or (no params) of a GET or a handshake."""
    text = url.partition("#")[0] + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), hashlib.sha1)).decode()


class SignedClient:
    """Signs for `public_base_url`, connects to `server_url` (http://127.0.0.1:PORT)."""

    def __init__(
        self,
        session: ClientSession,
        server_url: str,
        public_base_url: str,
        auth_token: str,
        *,
        other_url: str | None = None,
    ) -> None:
        """`other_url`: another server of the same address; asked from when the first takes no connections."""
        self._session = session
        self._other_url = other_url
        self._server_url = server_url.rstrip("/")
        self.public_base_url = public_base_url.rstrip("/")
        self._auth_token = auth_token

    async def post(
        self,
        url: str,
        params: Mapping[str, str],
        *,
        signed_as: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: ClientTimeout = _TRANSACTION,  # noqa: ASYNC109 - aiohttp's own kind of time-out
    ) -> Answer:
        """POST a form to a public `url` or to a path below the public base; redirects are not followed.

        `signed_as` replaces the signature ("" leaves the header out). Raises aiohttp.ClientError
        or TimeoutError as aiohttp does, NotOurs for an address that is not the server's.
        """
        if url.startswith("/"):
            url = self.public_base_url + url
        sign = signature(self._auth_token, url, params) if signed_as is None else signed_as
        sent = {"User-Agent": _WEBHOOK_AGENT, **_header(sign), **(headers or {})}
        try:
            return await self._post(url, params, sent, timeout)
        except ClientConnectorError:
            if self._other_url is None:
                raise
            self.move_on()
            return await self._post(url, params, sent, timeout)

    def move_on(self) -> None:
        """The address leads to the other server from now on, if there is one."""
        if self._other_url is not None:
            self._server_url, self._other_url = self._other_url.rstrip("/"), None

    async def _post(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        timeout: ClientTimeout,  # noqa: ASYNC109 - as above
    ) -> Answer:
        async with self._session.post(
            self.local(url), data=dict(params), headers=headers, allow_redirects=False, timeout=timeout
        ) as response:
            return Answer(response.status, response.content_type, await response.text())

    async def open_stream(self, url: str, *, signed_as: str | None = None) -> ClientWebSocketResponse:
        """Open the websocket of a TwiML's wss `url`, or of a path. Nothing has been sent on it yet.

        Raises aiohttp.WSServerHandshakeError (its `status`), another aiohttp.ClientError or TimeoutError.
        """
        if url.startswith("/"):
            url = "wss" + self.public_base_url.removeprefix("https").removeprefix("http") + url
        sign = signature(self._auth_token, url, {}) if signed_as is None else signed_as
        async with asyncio.timeout(HANDSHAKE_S):
            return await self._session.ws_connect(
                self.local(url),
                headers={"User-Agent": _STREAM_AGENT, **_header(sign)},
                max_msg_size=0,  # what is too large is written down, not refused
                timeout=ClientWSTimeout(ws_close=_CLOSE_S),
            )

    def local(self, url: str) -> URL:
        """Where `url` is really served: same path and query, byte for byte, on the loopback port."""
        scheme, _, rest = url.partition("#")[0].partition("://")
        host, slash, path = rest.partition("/")
        if scheme not in ("http", "https", "ws", "wss") or not slash:
            raise NotOurs(url)
        if host != self.public_base_url.partition("://")[2]:
            raise NotOurs(url)
        return URL(f"{self._server_url}/{path}", encoded=True)


def _header(sign: str) -> dict[str, str]:
    return {"x-twilio-signature": sign} if sign else {}
