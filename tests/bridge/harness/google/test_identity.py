"""The stand-in's token office: who gets a token, and what a token allows."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.harness.google.standin import CalendarStandin
from tests.bridge.harness.google_support import (
    CHAIR_1,
    HOUR,
    TWO_PM,
    BareClient,
    bare_client,
    signed_grant,
    standin,
)

EVENTS = f"calendars/{CHAIR_1}/events"
GOOD_WINDOW = {"timeMin": TWO_PM.isoformat(), "timeMax": (TWO_PM + HOUR).isoformat()}


@pytest.fixture
async def google() -> AsyncIterator[CalendarStandin]:
    async with standin() as running:
        yield running


@pytest.fixture
async def ask(google: CalendarStandin) -> AsyncIterator[BareClient]:
    async with bare_client(google) as client:
        yield client


def reason(answer: Any) -> str:
    return str(answer["error"]["errors"][0]["reason"])


async def test_every_call_needs_a_token_in_force(google: CalendarStandin, ask: BareClient) -> None:
    """No token is 401 and a breach; a token that is no longer in force is 401 only."""
    google.revoke_tokens()
    status, answer = await ask("GET", EVENTS)
    assert (status, reason(answer)) == (401, "authError")
    assert google.ledger.breaches() == []
    async with aiohttp.ClientSession() as session, session.get(google.url + EVENTS) as response:
        assert response.status == 401
    assert len(google.ledger.breaches()) == 1


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"iss": "someone@else.example"}, "invalid_grant"),
        ({"aud": "https://example.com/"}, "invalid_grant"),
        ({"exp": 1_800_009_000}, "invalid_grant"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
async def test_a_jwt_is_checked(google: CalendarStandin, changed: dict[str, Any], error: str) -> None:
    """A JWT with a wrong claim gets no token."""
    account = google.service_account
    form = signed_grant(account, **changed)
    async with aiohttp.ClientSession() as session, session.post(account["token_uri"], data=form) as response:
        assert response.status == 400
        assert (await response.json())["error"] == error
    assert len(google.ledger.breaches()) == 1


async def test_a_forged_jwt_gets_no_token(google: CalendarStandin) -> None:
    """A signature that is not the account's is refused."""
    account = google.service_account
    form = signed_grant(account)
    head, claims, signature = form["assertion"].split(".")
    form["assertion"] = f"{head}.{claims}.{signature[:-8]}AAAAAAAA"
    async with aiohttp.ClientSession() as session, session.post(account["token_uri"], data=form) as response:
        assert await response.json() == {
            "error": "invalid_grant",
            "error_description": "Invalid JWT Signature.",
        }


async def test_a_token_allows_only_its_scopes(google: CalendarStandin) -> None:
    """A token for free/busy cannot read events."""
    account = google.service_account
    form = signed_grant(account, scope="https://www.googleapis.com/auth/calendar.freebusy")
    async with aiohttp.ClientSession() as session:
        async with session.post(account["token_uri"], data=form) as response:
            token = (await response.json())["access_token"]
        client = BareClient(google, session, token)
        status, answer = await client("GET", EVENTS)
        assert (status, reason(answer)) == (403, "insufficientPermissions")
        assert (await client("POST", "freeBusy", GOOD_WINDOW | {"items": [{"id": CHAIR_1}]}))[0] == 200
