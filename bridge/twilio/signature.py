"""Is this request really from Twilio? Checks X-Twilio-Signature on webhooks and on the socket.

No I/O. The signature covers the address as Twilio knows it, so it is checked against
PUBLIC_BASE_URL and the request's raw path, never against Host or X-Forwarded-*, which
anybody can write. Source: Twilio, Webhooks Security. Read next: stream_token.py.
"""

from collections.abc import Callable, Mapping

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bridge.twilio.addresses import socket_url, webhook_url

SIGNATURE_HEADER = "X-Twilio-Signature"


class SignatureCheck:
    """Checks with one account's primary auth token and one public address."""

    def __init__(self, auth_token: str, public_base_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._base = public_base_url

    def http(self, raw_path: str, params: Mapping[str, object], header: str | None) -> bool:
        """True when a form POST is signed by Twilio.

        `raw_path` is path and query exactly as received (aiohttp: `request.raw_path`);
        `params` is everything in the form, repeated and empty fields included (aiohttp:
        `await request.post()`); `header` is X-Twilio-Signature, None when it is missing.
        """
        if not all(isinstance(value, str) for value in params.values()):
            return False  # an uploaded file: Twilio sends none
        return self._valid(raw_path, webhook_url, params, header)

    def socket(self, raw_path: str, header: str | None) -> bool:
        """True when a websocket handshake is signed by Twilio.

        What is signed is the wss URL of the TwiML. Twilio advises to try it with a trailing
        slash as well. Source: Twilio, Media Streams: security.
        """
        path = raw_path.removesuffix("/")
        return any(self._valid(each, socket_url, {}, header) for each in (path, path + "/") if each)

    def _valid(
        self,
        raw_path: str,
        full_url: Callable[[str, str], str],
        params: Mapping[str, object],
        header: str | None,
    ) -> bool:
        # A path that starts otherwise ("*", "http://other/...") would change the host we sign for.
        if header is None or not raw_path.startswith("/"):
            return False
        url = full_url(self._base, raw_path.partition("#")[0])
        try:
            return bool(self._validator.validate(url, params, header))
        except UnicodeEncodeError:
            return False  # bytes in the path or the form that are no text: not Twilio's
