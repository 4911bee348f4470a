"""The model stand-in: a server that speaks OpenAI's Realtime protocol on this machine.

It hears the caller with an ear of its own, thinks with a policy and speaks from a phrase bank.
It enforces the service's rules, and what our server must never do is written into the ledger as
a `breach`. Source: OpenAI, Realtime API (GA), and recorded sessions. Read next:
model/session.py for one client, model/rules.py for what is accepted, policy_types.py for the mind.
"""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from bridge.harness.ledger import Ledger
from bridge.harness.model.faults import ModelFaults
from bridge.harness.model.outbox import Tape
from bridge.harness.model.policy_types import Policy
from bridge.harness.model.rules import MODELS
from bridge.harness.model.senses import Bank, Ear, Recogniser
from bridge.harness.model.session import Company, ModelSession
from bridge.harness.model.turn import Pace
from bridge.harness.model.wire import new_id
from bridge.harness.recording import CallerLine

PATHS = ("/v1/realtime", "/openai/v1/realtime")  # OpenAI's and Azure's
REFUSED = 4000  # close code after an error in the first frame
PING_S = 20.0
MESSAGE_LIMIT = 16 * 1024 * 1024  # bytes
SOME_DAY = datetime(2026, 11, 23, tzinfo=UTC)


class ModelStandin:
    """Serves any number of sessions, on a free port of the loopback device."""

    def __init__(
        self,
        *,
        policy_factory: Callable[[], Policy],
        ear_factory: Callable[[], Ear],
        recogniser: Recogniser,
        bank: Bank,
        ledger: Ledger,
        seed: int,
        lines: Mapping[str, CallerLine] | None = None,
        pace: Pace | None = None,
        now: Callable[[], datetime] = lambda: SOME_DAY,
    ) -> None:
        """`lines`: what the caller says, by clip name. `now`: for `expires_at`. Everything that
        looks like chance comes from `seed`."""
        self._tape = Tape()
        self.faults = ModelFaults()
        self._company = Company(
            policy_factory=policy_factory,
            ear_factory=ear_factory,
            recogniser=recogniser,
            bank=bank,
            ledger=ledger,
            lines=lines or {},
            pace=pace or Pace(),
            tape=self._tape,
            faults=self.faults,
        )
        self._ledger = ledger
        self._seed = seed
        self._now = now
        self._server: Server | None = None
        self.connections = 0
        self.open_connections = 0

    # --- what the checker reads -----------------------------------------------------

    @property
    def received_audio(self) -> bytearray:
        """All bytes appended after the first session.updated, in order."""
        return self._tape.received_audio

    @property
    def early_bytes(self) -> int:
        """How many bytes were appended before it."""
        return self._tape.early_bytes

    @property
    def spoken(self) -> dict[str, bytes]:
        """Audio sent, by item id, in the session's output format."""
        return self._tape.spoken

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    def fail_next_turn(self, code: str) -> None:
        """Let the next turn, in whatever session, end as failed with this code."""
        self.faults.fail_next_turn(code)

    # --- serving ------------------------------------------------------------------

    def company_of(self, request: Request) -> Company:
        """What the session of this client shares, and with whom: here everything with all others."""
        return self._company

    @property
    def url(self) -> str:
        """Where to connect, without the model. Only while started."""
        if self._server is None:
            raise RuntimeError("the model stand-in is not started")
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"ws://127.0.0.1:{port}{PATHS[0]}"

    async def start(self) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            compression=None,
            max_size=MESSAGE_LIMIT,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=1.0,
        )

    async def stop(self) -> None:
        """Close every session; returns when nothing is left of them."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> "ModelStandin":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the upgrade with a status, or None to let it through."""
        path = urlsplit(request.path).path
        if path not in PATHS:
            return connection.respond(HTTPStatus.NOT_FOUND, "no such resource\n")
        company = self.company_of(request)
        if company.faults.opens_after_s:
            await asyncio.sleep(company.faults.opens_after_s)
        if (status := company.faults.take_refusal()) is not None:
            company.ledger.write("refused", status=status)
            return connection.respond(HTTPStatus(status), "not now\n")
        if not _has_key(request):
            self._ledger.write("breach", what="no key", detail="neither Authorization: Bearer nor api-key")
            return connection.respond(HTTPStatus.UNAUTHORIZED, "missing bearer authentication\n")
        return None

    async def _serve(self, websocket: ServerConnection) -> None:
        request = websocket.request
        if request is None:
            raise RuntimeError("a websocket without a request")
        company = self.company_of(request)
        self.connections += 1
        self.open_connections += 1
        company.ledger.write("connected", authorization="Authorization" in request.headers, path=request.path)
        seed = f"{self._seed}/{self.connections}"
        try:
            address = urlsplit(request.path)
            model = parse_qs(address.query).get("model", [""])[0]
            # Azure's deployments are named by their owners.
            known = model in MODELS or (address.path == PATHS[1] and bool(model))
            if "OpenAI-Beta" in request.headers:
                company.ledger.write("breach", what="beta", detail="the header OpenAI-Beta was sent")
                await self._refuse(
                    websocket, "beta_api_shape_disabled", "The beta API is switched off.", seed
                )
            elif (code := self.faults.take_turned_away()) is not None:
                await self._refuse(websocket, code, "The stand-in was told to turn this session away.", seed)
            elif not known:
                await self._refuse(websocket, "invalid_model", f"Model '{model}' is not supported.", seed)
            else:
                unix_time = int(self._now().timestamp())
                await ModelSession(websocket, company, model, seed, unix_time).run()
        finally:
            self.open_connections -= 1
            company.ledger.write("closed", code=websocket.close_code, session=seed)

    async def _refuse(self, websocket: ServerConnection, code: str, message: str, seed: str) -> None:
        """An `error` in the first frame, then the close: how the service turns a session down."""
        kind = "invalid_request_error"
        error = {"type": kind, "code": code, "message": message, "param": None, "event_id": None}
        event = {"type": "error", "event_id": new_id("event", random.Random(seed)), "error": error}
        self._ledger.write("fault_sent", code=code)
        await websocket.send(json.dumps(event))
        await websocket.close(REFUSED, f"{kind}.{code}")


def _has_key(request: Request) -> bool:
    bearer = request.headers.get("Authorization", "")
    return len(bearer.removeprefix("Bearer ")) < len(bearer) or bool(request.headers.get("api-key"))
