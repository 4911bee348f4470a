"""What the tests of Google's two sides share: names, a pinned date, a stand-in and a bare client."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from google.auth import crypt, jwt

from bridge.harness.google.identity import GRANT_TYPE
from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from tools.google_auth import SCOPES

CHAIR_1 = "chair-1@maplestreet.example"
CHAIR_2 = "chair-2@maplestreet.example"
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
TWO_PM = datetime(2026, 11, 26, 14, 0, tzinfo=ZONE)
HOUR = timedelta(hours=1)


@contextlib.asynccontextmanager
async def standin() -> AsyncIterator[CalendarStandin]:
    """A calendar stand-in with both chairs, pinned to NOW."""
    ledger = Ledger("calendar", asyncio.get_running_loop().time)
    async with CalendarStandin(ledger, now=lambda: NOW) as google:
        google.add_calendar(CHAIR_1, ZONE.key)
        google.add_calendar(CHAIR_2, ZONE.key)
        yield google


def signed_grant(service_account: dict[str, str], **changed: Any) -> dict[str, str]:
    """The token endpoint's form, its JWT signed by google-auth. `changed`: claims that differ."""
    signer = crypt.RSASigner.from_service_account_info(service_account)  # type: ignore[no-untyped-call]
    claims = {
        "iss": service_account["client_email"],
        "aud": "https://oauth2.googleapis.com/token",
        "scope": " ".join(SCOPES),
        "iat": 1_800_000_000,
        "exp": 1_800_003_600,
        **changed,
    }
    return {"grant_type": GRANT_TYPE, "assertion": jwt.encode(signer, claims).decode()}  # type: ignore[no-untyped-call]


class BareClient:
    """Plain requests to a stand-in, to send what the real client never would."""

    def __init__(self, google: CalendarStandin, session: aiohttp.ClientSession, token: str) -> None:
        self._google = google
        self._session = session
        self.headers = {"Authorization": f"Bearer {token}"}

    async def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, /, **query: str
    ) -> tuple[int, Any]:
        """Status and answer; `path` is relative to /calendar/v3/."""
        async with self._session.request(
            method,
            self._google.url + path,
            params=query,
            data=None if body is None else json.dumps(body),
            headers={**self.headers, **(headers or {})},
        ) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None


@contextlib.asynccontextmanager
async def bare_client(google: CalendarStandin) -> AsyncIterator[BareClient]:
    """A bare client with a token."""
    async with aiohttp.ClientSession() as session:
        account = google.service_account
        async with session.post(account["token_uri"], data=signed_grant(account)) as response:
            token = (await response.json())["access_token"]
        yield BareClient(google, session, token)


def timed(start: datetime, end: datetime, **fields: Any) -> dict[str, Any]:
    """An event's body."""
    return {
        "start": {"dateTime": start.isoformat(), "timeZone": ZONE.key},
        "end": {"dateTime": end.isoformat(), "timeZone": ZONE.key},
        **fields,
    }
