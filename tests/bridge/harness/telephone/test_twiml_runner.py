"""Documents are followed as Twilio follows them. The line is a list of what was asked of it."""

from collections.abc import Mapping

import pytest

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.conferences import ConferenceOrder
from bridge.harness.telephone.signed import Answer
from bridge.harness.telephone.twiml_runner import CallOver, DialResult, StreamOrder, TwimlRunner

BASE = "https://voice.example.test"
VOICE = BASE + "/twilio/voice"
OURS, CALLER = "+15550100100", "+12025550143"


class ScriptedLine:
    """Answers with documents by path and writes down what the runner wants."""

    def __init__(self, **documents: str | None) -> None:
        self.documents = documents
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.waited: list[float] = []
        self.streams: list[StreamOrder] = []
        self.dialled: list[tuple[str, float]] = []
        self.person_answers = True
        self.hangs_up_in_stream = False
        self.rooms: list[ConferenceOrder] = []
        self.key = ""

    async def fetch(self, url: str, more: Mapping[str, str]) -> Answer | None:
        self.asked.append((url, dict(more)))
        body = self.documents[url.partition("#")[0].rpartition("/")[2]]
        return None if body is None else Answer(200, "text/xml", f"<Response>{body}</Response>")

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def stream(self, order: StreamOrder) -> None:
        self.streams.append(order)
        if self.hangs_up_in_stream:
            raise CallOver("caller")

    async def dial(self, number: str, ring_s: float) -> DialResult:
        self.dialled.append((number, ring_s))
        return DialResult("completed", "CA2", 5) if self.person_answers else DialResult("no-answer", "CA2", 0)

    async def conference(self, order: ConferenceOrder) -> None:
        self.rooms.append(order)

    async def gather(self, timeout_s: float) -> str:
        self.waited.append(timeout_s)
        return self.key


async def follow(line: ScriptedLine) -> tuple[str, Ledger, TwimlRunner]:
    """Run the line's documents from `voice` on."""
    ledger = Ledger("telephone", lambda: 0.0)
    runner = TwimlRunner(line, ledger, frozenset({OURS, CALLER}))
    return await runner.run(VOICE), ledger, runner


def breaches(ledger: Ledger) -> list[str]:
    return [entry.data["what"] for entry in ledger.breaches()]


async def test_say_pause_play_hang_up() -> None:
    """Verbs run in order, take time and are written down; Hangup ends the call."""
    line = ScriptedLine(
        voice="<Say>One two</Say><Pause length='3'/><Pause/><Play>x</Play><Hangup/><Say>no</Say>"
    )
    by, ledger, runner = await follow(line)
    assert by == "twiml"
    assert runner.answered
    assert line.waited == [0.7, 3, 1, 2.0]
    assert [entry.data["name"] for entry in ledger.of("verb")] == ["Say", "Pause", "Pause", "Play", "Hangup"]
    assert next(ledger.of("verb")).data == {"name": "Say", "attributes": {}, "text": "One two"}
    assert breaches(ledger) == []


async def test_end_of_document_hangs_up() -> None:
    """Nothing left to do is the end of the call."""
    by, _, _ = await follow(ScriptedLine(voice=""))
    assert by == "end of document"


async def test_connect_action_replaces_the_rest() -> None:
    """After a stream the action is asked, with its fragment, and the old document is over."""
    line = ScriptedLine(
        voice=f"<Connect action='{BASE}/twilio/next#rc=3&amp;rp=all' method='POST'>"
        "<Stream url='wss://voice.example.test/twilio/stream' statusCallback='/twilio/status' name='main'>"
        "<Parameter name='token' value='t'/></Stream></Connect><Say>never</Say>",
        next="<Hangup/>",
    )
    by, ledger, _ = await follow(line)
    assert by == "twiml"
    assert line.streams == [
        StreamOrder("wss://voice.example.test/twilio/stream", "main", {"token": "t"}, BASE + "/twilio/status")
    ]
    assert line.asked == [(VOICE, {}), (BASE + "/twilio/next#rc=3&rp=all", {})]
    assert line.waited == []
    assert breaches(ledger) == []


async def test_connect_without_action_goes_on() -> None:
    """The next verb of the same document follows the stream."""
    line = ScriptedLine(voice="<Connect><Stream url='wss://voice.example.test/s'/></Connect><Say>Sorry</Say>")
    by, _, _ = await follow(line)
    assert by == "end of document"
    assert line.waited == [0.35]


async def test_caller_hanging_up_in_a_stream_is_the_end() -> None:
    """No action is asked for a call that is over."""
    line = ScriptedLine(
        voice="<Connect action='/twilio/next'><Stream url='wss://voice.example.test/s'/></Connect>"
    )
    line.hangs_up_in_stream = True
    assert (await follow(line))[0] == "caller"
    assert len(line.asked) == 1


@pytest.mark.parametrize(
    ("stream", "breach", "opened"),
    [
        ("url='https://voice.example.test/s'", "31922", False),
        ("url='ws://voice.example.test/s'", "31922", False),
        ("url='/s'", "31922", False),
        ("", "31922", False),
        ("url='wss://voice.example.test/s?token=1'", "31920", True),
        ("url='wss://voice.example.test/s' track='both_tracks'", "31941", False),
        ("url='wss://voice.example.test/s' statusCallbackMethod='GET'", "not simulated", True),
    ],
)
async def test_rules_of_a_streams_address(stream: str, breach: str, opened: bool) -> None:
    """What Twilio refuses or strips is a breach, and the call goes on as it would there."""
    line = ScriptedLine(voice=f"<Connect><Stream {stream}/></Connect><Hangup/>")
    by, ledger, _ = await follow(line)
    assert by == "twiml"
    assert breaches(ledger) == [breach]
    assert [order.url for order in line.streams] == (["wss://voice.example.test/s"] if opened else [])


async def test_parameters_stay_under_500_characters() -> None:
    """Name and value together."""
    stream = "<Stream url='wss://voice.example.test/s'><Parameter name='token' value='{}'/></Stream>"
    for length, expected in ((494, []), (495, ["12200"])):
        line = ScriptedLine(voice=f"<Connect>{stream.format('x' * length)}</Connect>")
        assert breaches((await follow(line))[1]) == expected


@pytest.mark.parametrize("inner", ["", "<Stream url='wss://a/b'/><Stream url='wss://a/c'/>"])
async def test_connect_needs_one_stream(inner: str) -> None:
    """No stream or two are nothing to run."""
    line = ScriptedLine(voice=f"<Connect>{inner}</Connect>")
    assert breaches((await follow(line))[1]) == ["12200"]
    assert line.streams == []


async def test_dial_answered() -> None:
    """The action learns that and how long the two talked."""
    line = ScriptedLine(
        voice=f"<Say>Hold on.</Say><Dial action='/twilio/after' timeout='20' callerId='{CALLER}'>"
        "<Number>+12025550100</Number></Dial>",
        after="<Hangup/>",
    )
    by, ledger, _ = await follow(line)
    assert by == "twiml"
    assert line.dialled == [("+12025550100", 20)]
    assert line.asked[1] == (
        BASE + "/twilio/after",
        {
            "DialCallStatus": "completed",
            "DialCallSid": "CA2",
            "DialBridged": "true",
            "DialCallDuration": "5",
        },
    )
    assert [entry.data["text"] for entry in ledger.of("verb")] == ["Hold on.", "+12025550100", ""]
    assert breaches(ledger) == []


async def test_dial_without_answer_and_without_action() -> None:
    """The caller hears the next verb when nobody picks up."""
    line = ScriptedLine(voice="<Dial>+12025550100</Dial><Say>Nobody</Say>")
    line.person_answers = False
    assert (await follow(line))[0] == "end of document"
    assert line.dialled == [("+12025550100", 30)]
    assert line.waited == [0.35]


async def test_a_conference_and_what_comes_after() -> None:
    """Its attributes, with Twilio's defaults, and the action once it is over."""
    line = ScriptedLine(
        voice="<Dial action='after'><Conference startConferenceOnEnter='false' endConferenceOnExit='true'"
        " waitUrl='/music' statusCallback='/told' statusCallbackEvent='join leave'>room</Conference></Dial>",
        after="<Dial><Conference>other</Conference></Dial>",
    )
    by, ledger, _ = await follow(line)
    assert by == "end of document"
    assert line.asked[1] == (BASE + "/twilio/after", {"DialCallStatus": "answered"})
    first, second = line.rooms
    assert (first.room, first.starts, first.ends) == ("room", False, True)
    assert (first.wait_url, first.status_callback) == (BASE + "/music", BASE + "/told")
    assert first.events == {"join", "leave"}
    assert (second.room, second.starts, second.ends, second.wait_url) == ("other", True, False, None)
    assert breaches(ledger) == []


async def test_gather_asks_for_one_key() -> None:
    """With a key the action is asked, without one the next verb follows."""
    gather = "<Gather numDigits='1' timeout='8' action='key'><Say>Press one</Say></Gather>"
    document = f"{gather}<Redirect>no</Redirect>"
    pressed = ScriptedLine(voice=document, key="<Hangup/>", no="<Hangup/>")
    pressed.key = "1"
    silent = ScriptedLine(voice=document, key="<Hangup/>", no="<Hangup/>")
    for line, asked in ((pressed, ("key", {"Digits": "1"})), (silent, ("no", {}))):
        assert breaches((await follow(line))[1]) == []
        url, more = line.asked[1]
        assert (url.rpartition("/")[2], more) == asked
        assert line.waited == [0.7, 8]


async def test_gather_of_several_keys_is_not_simulated() -> None:
    """A run that needs them proves nothing."""
    line = ScriptedLine(voice="<Gather numDigits='4' action='key'/>", key="<Hangup/>")
    assert breaches((await follow(line))[1]) == ["not simulated"]


@pytest.mark.parametrize(
    ("dial", "breach"),
    [
        ("<Dial>5550100</Dial>", "13224"),
        ("<Dial/>", "13224"),
        ("<Dial callerId='+12025550199'>+12025550100</Dial>", "13214"),
        ("<Dial timeout='soon'>+12025550100</Dial>", "12200"),
        ("<Dial method='GET'>+12025550100</Dial>", "not simulated"),
        ("<Dial><Queue>room</Queue></Dial>", "12200"),
        ("<Dial><Conference/></Dial>", "13224"),
        ("<Dial><Conference startConferenceOnEnter='yes'>room</Conference></Dial>", "12200"),
        ("<Dial><Conference statusCallbackEvent='answer'>room</Conference></Dial>", "12200"),
        ("<Dial><Conference coach='CA1'>room</Conference></Dial>", "12200"),
    ],
)
async def test_rules_of_dial(dial: str, breach: str) -> None:
    """Numbers are E.164 and the caller id is one we may show."""
    assert breach in breaches((await follow(ScriptedLine(voice=dial)))[1])


async def test_redirect_is_relative_to_its_document() -> None:
    """A redirect's answer takes the place of the document."""
    line = ScriptedLine(voice="<Redirect>next</Redirect><Say>never</Say>", next="<Hangup/>")
    assert (await follow(line))[0] == "twiml"
    assert [url for url, _ in line.asked] == [VOICE, BASE + "/twilio/next"]


async def test_redirects_in_a_circle_end() -> None:
    """Twilio gives up after ten."""
    line = ScriptedLine(voice="<Redirect>/twilio/voice</Redirect>")
    by, ledger, _ = await follow(line)
    assert by == "error"
    assert breaches(ledger) == ["11215"]
    assert len(line.asked) == 11


async def test_streams_in_a_circle_end() -> None:
    """A stream that always fails and is always ordered again does not run for ever."""
    line = ScriptedLine(voice="<Connect action='/twilio/voice'><Stream url='wss://a/b'/></Connect>")
    by, ledger, _ = await follow(line)
    assert by == "error"
    assert breaches(ledger) == ["loop"]


async def test_reject_as_the_first_verb() -> None:
    """The call is refused unanswered."""
    by, ledger, runner = await follow(ScriptedLine(voice="<Reject reason='busy'/>"))
    assert by == "twiml"
    assert (runner.answered, runner.rejected_as) == (False, "busy")
    assert breaches(ledger) == []


@pytest.mark.parametrize("verbs", ["<Say>Hi</Say><Reject/>", "<Reject reason='tired'/>"])
async def test_reject_too_late_or_for_no_reason(verbs: str) -> None:
    """An answered call cannot be refused."""
    assert breaches((await follow(ScriptedLine(voice=verbs)))[1]) == ["12200"]


async def test_say_without_words() -> None:
    """Twilio warns of an empty sentence."""
    assert breaches((await follow(ScriptedLine(voice="<Say/>")))[1]) == ["13520"]


async def test_failed_request_cuts_the_caller_off() -> None:
    """No document, no call."""
    by, _, _ = await follow(ScriptedLine(voice=None))
    assert by == "error"


async def test_unreadable_document_cuts_the_caller_off() -> None:
    """The code of what was wrong stands in the ledger."""
    by, ledger, _ = await follow(ScriptedLine(voice="<Say>"))
    assert by == "error"
    assert breaches(ledger) == ["12100"]
