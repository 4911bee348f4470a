"""A whole call as Twilio makes it: webhooks, documents, the end, and nothing left behind."""

import asyncio

import pytest
from aiohttp import web

from bridge.harness.recording import CallerLine
from tests.bridge.harness.peer import ACCOUNT, CALLER, NUMBER, STREAM, Peer, Stream, run_clean


def test_first_webhook_has_every_field_signed_for_the_public_address() -> None:
    """Also the empty ones and one nobody has heard of; the signature holds over all of them."""

    async def main() -> None:
        async with Peer({"/twilio/voice": "<Hangup/>"}) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {})
            (form,) = peer.forms_of("/twilio/voice")
            assert form["CallSid"] == telephone.call_sid
            assert form["AccountSid"] == ACCOUNT
            assert (form["From"], form["To"]) == (CALLER, NUMBER)
            assert (form["CallStatus"], form["Direction"]) == ("ringing", "inbound")
            assert form["FromCity"] == ""
            assert form["FieldOfTomorrow"] != form["FieldOfTomorrow"].strip()
            assert peer.headers[0]["Host"].startswith("127.0.0.1")
            assert "#" not in str(peer.forms)
            assert telephone.ledger.breaches() == []

    run_clean(main())


def test_withheld_number() -> None:
    """A caller without a number is `anonymous`."""

    async def main() -> None:
        async with Peer({"/twilio/voice": "<Hangup/>"}) as peer:
            await peer.telephone().call(None, [], {})
            assert peer.forms_of("/twilio/voice")[0]["From"] == "anonymous"

    run_clean(main())


def test_what_the_network_says_of_the_number() -> None:
    """StirVerstat stands in every webhook of the call, signed, and not at all when nothing is said."""

    async def main() -> None:
        async with Peer({"/twilio/voice": "<Hangup/>"}) as peer:
            await peer.telephone().call(CALLER, [], {}, attestation="TN-Validation-Passed-A")
            await peer.telephone().call(CALLER, [], {})
            said = [form.get("StirVerstat") for _, form in peer.forms]
            assert said == ["TN-Validation-Passed-A"] * 2 + [None] * 2

    run_clean(main())


def test_documents_are_followed_and_the_end_is_reported() -> None:
    """Say, redirect, hang up; then the status callback with the length of the call."""

    async def main() -> None:
        documents = {
            "/twilio/voice": "<Say>one two three four</Say><Redirect>/twilio/next</Redirect>",
            "/twilio/next": "<Pause length='3'/><Hangup/>",
        }
        async with Peer(documents) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {})
            assert [path for path, _ in peer.forms] == ["/twilio/voice", "/twilio/next", "/twilio/status"]
            assert peer.forms[1][1]["CallStatus"] == "in-progress"
            final = peer.forms[2][1]
            assert (final["CallStatus"], final["CallDuration"]) == ("completed", "4")
            kinds = [entry.kind for entry in telephone.ledger.entries]
            assert kinds == ["webhook", "verb", "verb", "webhook", "verb", "verb", "hung_up", "webhook"]
            assert next(telephone.ledger.of("hung_up")).data == {"by": "twiml"}
            assert next(telephone.ledger.of("webhook")).data["status"] == 200

    run_clean(main())


def test_rejected_call() -> None:
    """A refused call was never answered and lasts no time."""

    async def main() -> None:
        async with Peer({"/twilio/voice": "<Reject reason='busy'/>"}) as peer:
            await peer.telephone().call(CALLER, [], {})
            (final,) = peer.forms_of("/twilio/status")
            assert (final["CallStatus"], final["CallDuration"]) == ("busy", "0")

    run_clean(main())


def test_dial_reports_how_it_ended() -> None:
    """A person who answers talks a while; one who does not leaves the caller to the action."""

    async def outcome(person_answers: bool) -> tuple[dict[str, str], str]:
        documents = {
            "/twilio/voice": "<Dial action='/twilio/after' timeout='20'>+12025550100</Dial>",
            "/twilio/after": "<Hangup/>",
        }
        async with Peer(documents) as peer:
            telephone = peer.telephone(person_answers=person_answers)
            await telephone.call(CALLER, [], {})
            assert next(telephone.ledger.of("dialled")).data["number"] == "+12025550100"
            return peer.forms_of("/twilio/after")[0], peer.forms_of("/twilio/status")[0]["CallDuration"]

    async def main() -> None:
        form, duration = await outcome(True)
        assert (form["DialCallStatus"], form["DialCallDuration"], duration) == ("completed", "5", "7")
        form, duration = await outcome(False)
        assert (form["DialCallStatus"], form["DialBridged"], duration) == ("no-answer", "false", "20")

    run_clean(main())


def test_server_closing_the_stream_leads_to_the_action() -> None:
    """The stream's end is followed by the document the action names, in the same call."""

    async def close_soon(stream: Stream) -> None:
        await stream.until("media", 10)

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM, "/twilio/next": "<Hangup/>"}, close_soon) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {})
            assert len(peer.forms_of("/twilio/next")) == 1
            (ended,) = telephone.ledger.of("stream_ended")
            assert ended.data == {"by": "server", "code": 1000}
            assert next(telephone.ledger.of("hung_up")).data == {"by": "twiml"}
            assert "stop" not in [message["event"] for message in peer.streams[0].received]
            assert telephone.ledger.breaches() == []

    run_clean(main())


def test_refused_handshake_goes_on_with_the_document() -> None:
    """The stream callback says why, and the caller is not lost."""

    async def main() -> None:
        reported = STREAM.replace("<Stream ", '<Stream statusCallback="/twilio/status" name="main" ')
        async with Peer({"/twilio/voice": reported, "/twilio/next": "<Say>Sorry</Say>"}) as peer:
            peer.refuse_stream = 503
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {})
            assert next(telephone.ledger.of("stream_refused")).data == {"status": 503}
            events = [form.get("StreamEvent") for form in peer.forms_of("/twilio/status")]
            assert events == ["stream-error", None]
            assert "31920" in peer.forms_of("/twilio/status")[0]["StreamError"]
            assert len(peer.forms_of("/twilio/next")) == 1
            assert telephone.stream_sid is None

    run_clean(main())


def test_caller_hanging_up_ends_everything() -> None:
    """`stop` and a clean close, no action, then the callbacks of stream and call."""

    async def main() -> None:
        reported = STREAM.replace("<Stream ", '<Stream statusCallback="/twilio/status" ')
        async with Peer({"/twilio/voice": reported}) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [CallerLine(hang_up=True, if_silent_ms=2000)], {})
            received = peer.streams[0].received
            assert received[-1]["event"] == "stop"
            assert received[-1]["stop"] == {"accountSid": ACCOUNT, "callSid": telephone.call_sid}
            assert peer.forms_of("/twilio/next") == []
            forms = peer.forms_of("/twilio/status")
            assert [form.get("StreamEvent") for form in forms] == ["stream-started", "stream-stopped", None]
            assert (forms[2]["CallStatus"], forms[2]["CallDuration"]) == ("completed", "2")
            assert next(telephone.ledger.of("stream_ended")).data == {"by": "caller", "code": 1000}
            assert next(telephone.ledger.of("hung_up")).data == {"by": "caller"}

    run_clean(main())


def test_call_that_never_ends_is_a_breach() -> None:
    """The caller gives up at the limit, wherever the call is."""

    async def main() -> None:
        for document in (STREAM, "<Pause length='3600'/>"):
            async with Peer({"/twilio/voice": document}) as peer:
                telephone = peer.telephone()
                await telephone.call(CALLER, [], {}, max_seconds=5)
                assert [entry.data["what"] for entry in telephone.ledger.breaches()] == ["max_seconds"]
                assert next(telephone.ledger.of("hung_up")).data == {"by": "caller"}
                assert peer.forms_of("/twilio/status")[-1]["CallDuration"] == "5"
                for stream in peer.streams:
                    assert stream.received[-1]["event"] == "stop"

    run_clean(main())


def test_server_vanishing_ends_the_stream() -> None:
    """A socket that breaks without a close frame is a closed stream, code 1006."""

    async def vanish(stream: Stream) -> None:
        await stream.until("media", 5)
        transport = stream.socket._req.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.abort()

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM, "/twilio/next": "<Hangup/>"}, vanish) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {})
            assert next(telephone.ledger.of("stream_ended")).data == {"by": "server", "code": 1006}
            assert len(peer.forms_of("/twilio/next")) == 1

    run_clean(main())


def test_script_goes_on_in_a_second_stream() -> None:
    """A call that is taken up again goes on where the caller was; both streams are kept."""

    async def close_after_first_line(stream: Stream) -> None:
        await stream.until("media", 20)

    async def main() -> None:
        documents = {"/twilio/voice": STREAM, "/twilio/next": STREAM}
        async with Peer(documents, close_after_first_line) as peer:
            telephone = peer.telephone()
            steps = [
                CallerLine(clip="a", if_silent_ms=200),
                CallerLine(hang_up=True, if_silent_ms=300),
            ]
            await telephone.call(CALLER, steps, {"a": b"\x20\xa0" * 800})
            assert len(peer.streams) == 2
            sids = [entry.data["stream_sid"] for entry in telephone.ledger.of("stream_opened")]
            assert [stream.sid for stream in peer.streams] == sids
            assert telephone.stream_sid == sids[1]
            assert next(telephone.ledger.of("stream_opened")).data["sent_bytes"] == 0
            assert next(telephone.ledger.of("hung_up")).data == {"by": "caller"}

    run_clean(main())


def test_wrong_answers_cut_the_caller_off() -> None:
    """An error, no TwiML, or an address that is not ours: a breach and the end of the call."""

    async def breach_for(answer: web.Response) -> list[str]:
        async with Peer({"/twilio/voice": lambda: answer}) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {})
            assert next(telephone.ledger.of("hung_up")).data == {"by": "error"}
            assert len(peer.forms_of("/twilio/status")) == 1
            return [entry.data["what"] for entry in telephone.ledger.breaches()]

    def xml(text: str) -> web.Response:
        return web.Response(text=text, content_type="text/xml")

    async def main() -> None:
        assert await breach_for(web.Response(status=500)) == ["11200"]
        assert await breach_for(web.Response(text="{}", content_type="application/json")) == ["12300"]
        elsewhere = "<Response><Redirect>https://other.example/x</Redirect></Response>"
        assert await breach_for(xml(elsewhere)) == ["11210"]
        assert await breach_for(xml("<Response>")) == ["12100"]

    run_clean(main())


def test_missing_clip_is_known_before_the_call() -> None:
    """A script that cannot be played is not begun."""

    async def main() -> None:
        async with Peer({}) as peer:
            with pytest.raises(KeyError, match="gone"):
                await peer.telephone().call(CALLER, [CallerLine(clip="gone", if_silent_ms=1)], {})
            assert peer.forms == []

    run_clean(main())


def test_cancelled_call_leaves_nothing() -> None:
    """A run that is stopped in the middle of a stream closes its socket and its tasks."""

    async def main() -> None:
        under_way = asyncio.Event()

        async def on_stream(stream: Stream) -> None:
            await stream.until("media", 5)
            under_way.set()
            await stream.drain()

        async with Peer({"/twilio/voice": STREAM}, on_stream) as peer:
            call = asyncio.create_task(peer.telephone().call(CALLER, [], {}))
            await under_way.wait()
            call.cancel()
            await asyncio.wait([call])
            assert call.cancelled()
            assert peer.streams[0].socket.closed

    run_clean(main())


def test_same_seed_same_call() -> None:
    """Two runs with one seed send the same bytes under the same ids."""

    async def main() -> None:
        runs = []
        for _ in range(2):
            async with Peer({"/twilio/voice": STREAM}) as peer:
                telephone = peer.telephone()
                await telephone.call(CALLER, [CallerLine(hang_up=True, if_silent_ms=500)], {})
                runs.append((telephone.call_sid, telephone.stream_sid, bytes(telephone.sent_audio)))
        assert runs[0] == runs[1]

    run_clean(main())


@pytest.mark.parametrize("asks", [True, False])
def test_a_stream_that_breaks(asks: bool) -> None:
    """Nobody closed it: its action is asked for, or the call is over, and told so to the status callback."""

    async def main() -> None:
        documents = {"/twilio/voice": STREAM, "/twilio/next": "<Hangup/>"}
        async with Peer(documents) as peer:
            telephone = peer.telephone(asks_after_loss=asks)
            asyncio.get_running_loop().call_later(2, telephone.lose_stream)
            await telephone.call(CALLER, [], {})
            paths = [path for path, _ in peer.forms]
            assert ("/twilio/next" in paths) is asks
            assert paths[-1] == "/twilio/status"
            assert next(telephone.ledger.of("stream_ended")).data == {"by": "server", "code": 1006}
            assert next(telephone.ledger.of("hung_up")).data["by"] == ("twiml" if asks else "lost stream")
            assert telephone.ledger.breaches() == []
            telephone.lose_stream()  # nothing is up any more

    run_clean(main())


def test_a_server_that_is_gone() -> None:
    """Once the first takes no connections, the address leads to the other, also for the callbacks."""

    async def main() -> None:
        async with Peer({"/twilio/next": "<Hangup/>"}) as other:
            first = Peer({"/twilio/voice": STREAM})
            await first.__aenter__()
            telephone = first.telephone(other_url=other.url)
            calling = asyncio.create_task(telephone.call(CALLER, [], {}))
            await asyncio.sleep(2)
            await first.__aexit__(None, None, None)
            await calling
            assert [path for path, _ in first.forms if path != "/twilio/status"] == ["/twilio/voice"]
            paths = [path for path, _ in other.forms if path != "/twilio/status"]
            assert paths == ["/twilio/next"]
            assert other.forms[-1][1]["CallStatus"] == "completed"
            assert telephone.ledger.breaches() == []

    run_clean(main())
