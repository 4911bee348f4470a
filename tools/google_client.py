"""One request to Google Calendar: sent from a thread, tried again once, judged for certainty.

Built on google-api-python-client, which blocks and whose transport sends a request again by
itself when the server closes without an answer. That is harmless for a read; a write goes
over a connection that opens once only, so that "refused" really means nothing was done.
Tokens are put on each request here: google-auth's own wrapper starts a background thread
that looks up allowed locations on the internet, which nobody could close.
Read next: `google_events.py`, `calendar.py`.
"""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import google_auth_httplib2
import httplib2
from google.auth.exceptions import GoogleAuthError, TransportError
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest

from tools.blocking import BlockingPool, Unfinished
from tools.google_auth import load_service_account, service_account_credentials

RETRY_PAUSE_S = 0.3  # before the second and last attempt; a caller is waiting
RATE_REASONS = ("rateLimitExceeded", "userRateLimitExceeded")  # of a 403; quotaExceeded lasts for hours
_NETWORK_ERRORS = (OSError, http.client.HTTPException, httplib2.error.HttpLib2Error)

MakeRequest = Callable[[], HttpRequest]


class RequestFailed(Exception):
    """No usable answer. `reason` is Google's word or ours; never a person's data."""

    def __init__(self, reason: str, *, status: int | None = None, certain: bool, again: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status  # HTTP status; None without an answer
        self.certain = certain  # certainly nothing was done
        self.again = again  # the same request may succeed in a moment


class GoogleClient:
    """Google Calendar's methods as request makers, and a way to send what they make."""

    def __init__(
        self,
        *,
        api_url: str,
        service_account: str | Mapping[str, Any],
        timeout_s: float,
        threads: int,
    ) -> None:
        """Opens nothing. `api_url` includes `/calendar/v3/`; `timeout_s` is per socket operation.

        Raises GoogleKeyError.
        """
        self._credentials = service_account_credentials(load_service_account(service_account))
        self._token_lock = threading.Lock()
        self._timeout_s = timeout_s
        self._pool = BlockingPool("calendar", threads)
        self._local = threading.local()
        self._kept_open: list[httplib2.Http] = []  # one per thread: httplib2 is not safe to share
        service = build(
            "calendar",
            "v3",
            http=httplib2.Http(timeout=timeout_s),  # a placeholder that is never used
            client_options={"api_endpoint": api_url if api_url.endswith("/") else api_url + "/"},
            static_discovery=True,
            cache_discovery=False,
        )
        self.events = service.events()  # making these anew costs a millisecond per call
        self.freebusy = service.freebusy()

    async def read(self, make: MakeRequest, ends_at: float) -> dict[str, Any]:
        """The answer to a request that changes nothing. Raises RequestFailed.

        `ends_at`: loop time at which to stop waiting.
        """
        return await self._send(make, ends_at, self._read_once)

    async def write(self, make: MakeRequest, ends_at: float) -> dict[str, Any]:
        """The answer to a request that may be sent twice: its event id is ours. Raises RequestFailed.

        `certain` of the failure speaks for both attempts together.
        """
        return await self._send(make, ends_at, self._write_once)

    async def close(self) -> None:
        """End all threads and close all sockets; running requests are waited for."""
        await self._pool.close()
        while self._kept_open:
            self._kept_open.pop().close()

    async def _send(
        self, make: MakeRequest, ends_at: float, once: Callable[[MakeRequest], dict[str, Any]]
    ) -> dict[str, Any]:
        try:
            return await self._attempt(make, ends_at, once)
        except RequestFailed as failure:
            if not failure.again:
                raise
            first = failure
        await asyncio.sleep(RETRY_PAUSE_S)
        try:
            return await self._attempt(make, ends_at, once)
        except RequestFailed as second:
            second.certain = second.certain and first.certain
            raise

    async def _attempt(
        self, make: MakeRequest, ends_at: float, once: Callable[[MakeRequest], dict[str, Any]]
    ) -> dict[str, Any]:
        remaining_s = max(0.0, ends_at - asyncio.get_running_loop().time())
        try:
            return await self._pool.run(lambda: once(make), remaining_s)
        except Unfinished as unfinished:
            raise RequestFailed("deadline", certain=not unfinished.began) from None

    # --- below here: in a thread of the pool ------------------------------------------

    def _read_once(self, make: MakeRequest) -> dict[str, Any]:
        kept = self._thread_http()
        try:
            return self._execute(make, kept)
        except RequestFailed as failure:
            if failure.status is None:
                kept.close()  # a connection in doubt is not used again
            raise

    def _write_once(self, make: MakeRequest) -> dict[str, Any]:
        single = _SingleConnection(self._timeout_s)
        try:
            return self._execute(make, single)
        except RequestFailed as failure:
            if failure.status is None and not single.opened:
                failure.certain = True
            raise
        finally:
            single.close()

    def _execute(self, make: MakeRequest, transport: httplib2.Http) -> dict[str, Any]:
        token = self._token()
        try:
            return _answer(make, token, transport)
        except RequestFailed as failure:
            if failure.status != 401:
                raise
        # Refused as unauthorised, so nothing was done: once more with a new token.
        if isinstance(transport, _SingleConnection):
            transport.renew()
        return _answer(make, self._token(refused=token), transport)

    def _token(self, refused: str | None = None) -> str:
        """A token that is good for some minutes, and not the one Google just refused."""
        with self._token_lock:  # one refresh serves every thread that waits for it
            if not self._credentials.valid or self._credentials.token == refused:
                kept = self._thread_http()
                try:
                    self._credentials.refresh(google_auth_httplib2.Request(kept))  # type: ignore[no-untyped-call]
                except (TransportError, *_NETWORK_ERRORS):
                    kept.close()
                    raise RequestFailed("token_unreachable", certain=True, again=True) from None
                except GoogleAuthError:
                    raise RequestFailed("token_refused", certain=True) from None
            return str(self._credentials.token)

    def _thread_http(self) -> httplib2.Http:
        kept: httplib2.Http | None = getattr(self._local, "http", None)
        if kept is None:
            kept = self._local.http = httplib2.Http(timeout=self._timeout_s)
            self._kept_open.append(kept)
        return kept


def _answer(make: MakeRequest, token: str, transport: httplib2.Http) -> dict[str, Any]:
    request = make()
    request.headers = {**(request.headers or {}), "authorization": f"Bearer {token}"}
    try:
        answer = request.execute(http=transport, num_retries=0)
    except HttpError as error:
        status, reason = int(error.resp.status), _reason(error.content)
        busy = status == 429 or status >= 500 or (status == 403 and reason in RATE_REASONS)
        raise RequestFailed(reason, status=status, certain=status < 500, again=busy) from None
    except TimeoutError:
        raise RequestFailed("timeout", certain=False) from None  # no time is left for another
    except _NETWORK_ERRORS:
        raise RequestFailed("connection", certain=False, again=True) from None
    except ValueError:
        raise RequestFailed("bad_answer", certain=False) from None
    return answer if isinstance(answer, dict) else {}  # a 204 has no content


def _reason(content: bytes) -> str:
    """Google's word for an error, e.g. "duplicate". The message is left: it may quote an event."""
    try:
        return str(json.loads(content)["error"]["errors"][0]["reason"])
    except (ValueError, LookupError, TypeError):
        return "unreadable_error"


class _Reopened(OSError):
    """httplib2 was about to send the same request again on a new connection."""


class _SingleConnection(httplib2.Http):
    """A transport for one write: sent once at most, and it knows whether anything could be sent."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s)
        self.follow_redirects = False
        self.opened = False  # kept here, as httplib2 forgets a connection that failed

    def renew(self) -> None:
        """Allow one more connection: the request before was answered."""
        self.close()
        self.opened = False

    def request(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        kind = (
            httplib2.HTTPSConnectionWithTimeout
            if uri.startswith("https:")
            else httplib2.HTTPConnectionWithTimeout
        )
        kwargs["connection_type"] = type("Once", (_Once, kind), {"transport": self})
        return super().request(uri, *args, **kwargs)


class _Once:
    """Lets a connection of httplib2 open once."""

    transport: _SingleConnection

    def connect(self) -> None:
        if self.transport.opened:
            raise _Reopened
        super().connect()  # type: ignore[misc]
        self.transport.opened = True
