"""Twilio's own blocking client, one for each thread, as `sms.py` and `legs.py` use it.

Without its retries, its log and the environment's say in the address; and what of its errors tells
whether Twilio can have done what it was asked. Twilio's error texts quote numbers: only codes go on.
Source: twilio 9.13.
"""

import logging
import threading

import requests
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

# Twilio's client writes every request's address and headers into a log; this one leads nowhere.
_NOWHERE = logging.Logger("twilio", level=logging.CRITICAL + 1)


class TwilioClients:
    """The clients of one account. Opens no socket before one is asked for."""

    def __init__(self, *, account_sid: str, login: tuple[str, str], api_url: str, timeout_s: float) -> None:
        """`login`: account sid and auth token, or an API key and its secret.

        `timeout_s`: per socket operation.
        """
        self._account_sid = account_sid
        self._login = login
        self._api_url = api_url.rstrip("/")
        self._timeout_s = timeout_s
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def mine(self) -> Client:
        """This thread's client: a requests session is not safe to share."""
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            # max_retries stays None: with it a request would be sent again after a lost answer.
            transport = TwilioHttpClient(timeout=self._timeout_s, logger=_NOWHERE, max_retries=None)
            if transport.session is not None:
                self._sessions.append(transport.session)
            client = Client(*self._login, self._account_sid, http_client=transport)
            client.edge = client.region = ""  # TWILIO_EDGE and TWILIO_REGION would rewrite the address
            client.api.base_url = self._api_url
            self._local.client = client
        return client

    def close(self) -> None:
        """Close the sockets. End the threads first."""
        while self._sessions:
            self._sessions.pop().close()


def never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Whether not one byte can have reached Twilio: no address, refused, or no connection in time."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(
        cause.reason, NewConnectionError | ConnectTimeoutError
    )
