"""Which bugs the harness must notice: what each imitates, the calls that show it, the rules it breaks.

Nothing is run here. Read `builds.py` for how each is built, `scenes.py` for the calls.
"""

import msgspec

from tests.saboteurs import builds
from tests.saboteurs.builds import Build

WHOLE_AUDIO = "the caller's audio arrives whole (I8)"
HEARD = "the model knows what was heard"
SILENT = "an interrupted agent falls silent"
PROTOCOL = "nobody broke the protocol"
SESSION_ENDS = "the model session ends with the call (I7)"
NOTHING_LEFT = "nothing is left behind"
NO_DOUBLE = "no double booking (I1)"
AGREE = "rows and events agree (I2)"
SAID_IS_DONE = "said implies done (I3)"
AFTER_A_YES = "booked only after a yes"
OWNER_ONLY = "bookings are told only to their owner"
TEXTS_ONCE = "texts at most once, to the caller only (I4)"
DISCREET = "the log tells nothing personal (I9)"
EXPECTED = "the recording's own expectations"


class Saboteur(msgspec.Struct, frozen=True, kw_only=True):
    """A build with one bug."""

    name: str
    imitates: str  # how it comes about in real servers
    build: Build
    shown_by: tuple[str, ...]  # recordings and cells, see scenes.py; the quickest first
    breaks: frozenset[str]  # rules that each of them must find broken; more may be


def _saboteur(name: str, imitates: str, build: Build, shown_by: tuple[str, ...], *breaks: str) -> Saboteur:
    return Saboteur(name=name, imitates=imitates, build=build, shown_by=shown_by, breaks=frozenset(breaks))


SABOTEURS = (
    _saboteur(
        "no clear",
        "the model is told that it was interrupted, and the telephone plays on what it has queued",
        builds.no_clear,
        ("interrupts-the-offer",),
        HEARD,
        SILENT,
    ),
    _saboteur(
        "every 50th frame dropped",
        "a queue that is a little too short; it can hardly be heard",
        builds.every_50th_frame_dropped,
        ("emergency", "asks-for-a-person", "book-a-cleaning"),
        WHOLE_AUDIO,
    ),
    _saboteur(
        "marks after clear counted",
        "every mark that comes back counts as played, also those that `clear` brings back",
        builds.cleared_marks_count,
        ("interrupts-the-offer",),
        HEARD,
    ),
    _saboteur(
        "all that was sent counts as heard",
        "the model is told when it stopped speaking, and not what the caller heard by then",
        builds.all_sent_is_heard,
        ("interrupts-the-offer",),
        HEARD,
    ),
    _saboteur(
        "frames lost between two legs",
        "while the model's leg is replaced, what the caller says goes nowhere",
        builds.frames_lost_between_legs,
        ("the leg is lost",),
        WHOLE_AUDIO,
    ),
    _saboteur(
        "greeting before session.updated",
        "session.created is taken for the answer to session.update",
        builds.greeting_too_early,
        ("emergency", "asks-for-a-person"),
        PROTOCOL,
        WHOLE_AUDIO,
    ),
    _saboteur(
        "two response.create at once",
        "whoever answers a tool call asks for a turn as well, beside the gate",
        builds.two_askings_at_once,
        ("asks-for-a-person", "book-a-cleaning"),
        PROTOCOL,
    ),
    _saboteur(
        "a tool awaited in the receive loop",
        "while a tool runs, nothing that the model says is read: its ear neither",
        builds.tool_in_the_receive_loop,
        ("a slow calendar",),
        SILENT,
    ),
    _saboteur(
        "model session left open",
        "the caller hangs up, and the session goes on being paid for",
        builds.session_left_open,
        ("emergency", "asks-for-a-person"),
        SESSION_ENDS,
    ),
    _saboteur(
        "a keep-alive that nobody ends",
        "a task that begins the next one before it is over: no look finds the same one twice",
        builds.keep_alive_for_ever,
        ("emergency",),
        NOTHING_LEFT,
    ),
    _saboteur(
        "no action in <Connect>",
        "the stream ends, and the telephone has not been told what comes next",
        builds.no_action_in_connect,
        ("emergency", "asks-for-a-person", "nobody-answers"),
        EXPECTED,
    ),
    _saboteur(
        "the caller's number in the log",
        "a line for finding a call, written in haste",
        builds.number_in_the_log,
        ("emergency", "asks-for-a-person"),
        DISCREET,
    ),
    _saboteur(
        "any attestation vouches",
        "a verdict is looked for, and not which one",
        builds.any_attestation_vouches,
        ("spoofed-caller",),
        OWNER_ONLY,
        EXPECTED,
    ),
    _saboteur(
        "blind resend of a text",
        "a time-out is taken for a refusal, and the text is sent again",
        builds.blind_resend,
        ("a text's answer is lost",),
        TEXTS_ONCE,
    ),
    _saboteur(
        "confirm gate removed",
        "the model's word that the caller has agreed is believed",
        builds.gate_removed,
        ("hangs-up-mid-booking",),
        AFTER_A_YES,
        EXPECTED,
    ),
    _saboteur(
        "cancelled on the first call",
        "a tool that is asked to cancel does so",
        builds.cancelled_on_the_first_call,
        ("cancels",),
        AFTER_A_YES,
    ),
    _saboteur(
        "booking without the hold",
        "the tool writes straight into the calendar, and no row of ours knows of it",
        builds.booking_without_the_hold,
        ("book-a-cleaning",),
        AGREE,
        SAID_IS_DONE,
    ),
    _saboteur(
        "the offer is trusted",
        "a time that was free when it was offered is booked without a second look",
        builds.offer_trusted,
        ("slot-just-taken",),
        NO_DOUBLE,
    ),
    _saboteur(
        "check, then insert",
        "whether a time is free is looked up first; nothing stops two calls that look at once",
        builds.check_then_insert,
        ("another call is first",),
        NO_DOUBLE,
    ),
)
