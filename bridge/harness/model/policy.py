"""The receptionist: what the model stand-in says, from what it heard and what the tools returned.

Pure. Not a script: the same lines lead elsewhere when a tool answers differently, and nothing
enters but `heard`, `noted` and `tool_answered`. It is as honest as a good model: times, prices and
bookings come out of a tool's answer, word for word. Read first: recording.py for what lines mean.
"""

from typing import Any

from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.recording import CallerLine, Intent, Meaning, PolicyOptions

PREAMBLE = "Let me look."
ASK_NAME = "May I have your name, please?"
ASK_WISH = "How can I help you?"
ASK_DAY = "What day would suit you?"
ASK_MORE = "Is there anything else?"
ONE_MOMENT = "One moment, please."
PUT_THROUGH = "One moment, I'll put you through."
TOO_NOISY = "I'm sorry, the line is very noisy. Please press zero to speak to a person."
GOODBYE = "Thank you for calling. Goodbye."
PERSON_OFFERED = "speak to a person?"  # how a tool's sentence ends whose yes means: a person

# Everything the receptionist says in words of its own; the phrase bank must be able to say it.
SENTENCES = (
    *(PREAMBLE, ASK_NAME, ASK_WISH, ASK_DAY, ASK_MORE, ONE_MOMENT),
    *(PUT_THROUGH, TOO_NOISY, GOODBYE),
)

# After these, what there is to say was said in the same breath, or nothing is to be said.
_SILENT_WHEN_OK = frozenset({"wait_for_user", "end_call", "transfer_to_human"})

Contents = list[Say | CallTool]


class Receptionist:
    """A `Policy`: one call's state of mind."""

    def __init__(self, greeting: str, options: PolicyOptions | None = None) -> None:
        """`greeting`: the first words of the call, disclosure included, as the instructions give them."""
        self._greeting: str | None = greeting  # None once said
        self._hasty = options is not None and options.hasty
        self._name = ""
        self._slots: list[str] = []  # ids, in the order offered
        self._times: list[str] = []  # the same, as they are said
        self._slot = ""  # the one chosen
        self._hold = ""  # held and read back, not yet confirmed
        self._read_back = ""
        self._booked = False
        self._person_offered = False  # in the sentence before the caller's next words
        self._running: list[str] = []  # tools asked and not answered
        self._due: Contents = []  # what the tools' answers call for
        self._reaction: Contents = []  # what the caller's words call for
        self._mild = False  # the reaction gives way to whatever is due

    # --- what it is told ----------------------------------------------------------

    def heard(self, line: CallerLine | None) -> None:
        # A turn that was cut short may have lost its tool call, so nothing is waited for any longer.
        self._running.clear()
        if line is None or line.means is None:
            self._not_understood()
            return
        meaning = line.means
        renamed = bool(meaning.name) and meaning.name != self._name
        self._name = meaning.name or self._name
        match meaning.intent:
            case Intent.BOOK:
                self._look_for_times(meaning)
            case Intent.CHOOSE:
                self._choose(meaning.option)
            case Intent.NAME:
                self._learn_name(renamed)
            case Intent.YES if self._person_offered:
                self._fetch_person()
            case Intent.YES:
                self._agree()
            case Intent.NO:
                self._decline()
            case Intent.PERSON:
                self._fetch_person()
            case Intent.QUESTION:
                self._react(CallTool("answer_question", {"topic": meaning.topic}))
            case Intent.MESSAGE:
                name = {"name": self._name} if self._name else {}
                self._react(CallTool("take_message", {"message": meaning.message, **name}))
            case Intent.ASIDE:
                self._react(CallTool("wait_for_user", {}), mild=True)
            case Intent.GOODBYE:
                self._say_goodbye()
        self._person_offered = False

    def noted(self, role: str, text: str) -> None:
        noisy = role == "system" and "noise" in text
        self._react(Say(TOO_NOISY) if noisy else self._last_question(), mild=not noisy)

    def tool_answered(self, name: str, output: dict[str, Any]) -> None:
        if name in self._running:
            self._running.remove(name)
        ok, say = bool(output.get("ok")), str(output.get("say", ""))
        if "slots" in output:
            self._slots = [str(slot["id"]) for slot in output["slots"]]
            self._times = [str(slot["spoken"]) for slot in output["slots"]]
            self._slot = self._hold = ""
        if ok and name in _SILENT_WHEN_OK:
            return
        self._due = [Say(say)] if say else []
        self._person_offered = say.endswith(PERSON_OFFERED)
        if ok and name == "hold_slot":
            self._hold, self._read_back = str(output["hold_id"]), say
            if self._hasty:
                self._due.append(self._create_event())
        elif ok and name == "create_event":
            self._booked = True
            self._slots, self._slot, self._hold = [], "", ""
            self._due.append(CallTool("send_confirmation", {}))
        elif name == "create_event" and say:
            self._slot = self._hold = ""  # without a sentence it only came too early, and the hold stands
        elif name == "send_confirmation":
            self._due.append(Say(ASK_MORE))

    # --- what it says -------------------------------------------------------------

    def next_turn(self, tools_allowed: bool) -> Contents:
        contents = self._due if self._due and (self._mild or not self._reaction) else self._reaction
        self._due, self._reaction, self._mild = [], [], False
        if self._greeting is not None:
            # Whatever the caller said first: who answers, and what answers, is said before all else.
            contents = [Say(self._greeting), *contents]
            self._greeting = None
        if not contents:
            contents = [CallTool("wait_for_user", {}) if self._running else self._last_question()]
        if not tools_allowed:
            self._due = [part for part in contents if isinstance(part, CallTool)]
            contents = [part for part in contents if isinstance(part, Say)] or [Say(ONE_MOMENT)]
        self._running += [part.name for part in contents if isinstance(part, CallTool)]
        return contents

    # --- reactions ----------------------------------------------------------------

    def _react(self, *contents: Say | CallTool, mild: bool = False) -> None:
        if mild and self._reaction:
            return  # a cough after a wish does not undo the wish
        self._reaction, self._mild = list(contents), mild

    def _not_understood(self) -> None:
        # The tool counts, and words the apology: the second one offers a person.
        self._react(CallTool("did_not_understand", {}), mild=True)

    def _look_for_times(self, wish: Meaning) -> None:
        assert wish.day is not None, "the loader lets no book without a day through"
        self._slot = self._hold = ""
        arguments = {
            "service": wish.service,
            "from_date": wish.day.isoformat(),
            "to_date": (wish.until or wish.day).isoformat(),
            "part_of_day": wish.part,
        }
        self._react(Say(PREAMBLE), CallTool("check_availability", arguments))

    def _choose(self, option: int) -> None:
        if option > len(self._slots):
            self._not_understood()  # nothing was offered, or not so many
            return
        self._slot, self._hold = self._slots[option - 1], ""
        self._hold_chosen()

    def _hold_chosen(self) -> None:
        if self._name:
            self._react(CallTool("hold_slot", {"slot_id": self._slot, "customer_name": self._name}))
        else:
            self._react(Say(ASK_NAME))

    def _learn_name(self, renamed: bool) -> None:
        if self._slot and (renamed or not self._hold):
            self._hold = ""
            self._hold_chosen()  # also when a name was corrected: the read-back must say the right one
        else:
            self._react(self._last_question(), mild=True)

    def _agree(self) -> None:
        if self._hold:
            self._react(self._create_event())
        else:
            self._react(self._last_question(), mild=True)

    def _decline(self) -> None:
        if self._hold:
            self._slot = self._hold = ""
            self._react(self._offer())
        elif self._slots:
            self._react(Say(ASK_DAY))
        else:
            self._say_goodbye()

    def _fetch_person(self) -> None:
        self._react(Say(PUT_THROUGH), CallTool("transfer_to_human", {"reason": "asks_for_a_person"}))

    def _say_goodbye(self) -> None:
        self._react(Say(GOODBYE), CallTool("end_call", {}))

    def _create_event(self) -> CallTool:
        return CallTool("create_event", {"hold_id": self._hold, "customer_name": self._name})

    def _offer(self) -> Say:
        return Say(f"I have {', or '.join(self._times)}.")

    def _last_question(self) -> Say:
        """Where the conversation stands, asked again."""
        if self._hold:
            return Say(self._read_back)
        if self._slot and not self._name:
            return Say(ASK_NAME)
        if self._slots:
            return self._offer()
        return Say(ASK_MORE if self._booked else ASK_WISH)
