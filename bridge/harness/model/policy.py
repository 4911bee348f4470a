"""The receptionist: what the model stand-in says, from what it heard and what the tools returned.

Pure. Not a script: the same lines lead elsewhere when a tool answers differently, and nothing
enters but `heard`, `noted` and `tool_answered`. It is as honest as a good model: times, prices and
bookings come out of a tool's answer, word for word. Read first: recording.py for what lines mean.
"""

import re
from typing import Any

from bridge.harness.model import policy_words as words
from bridge.harness.model.policy_changes import CHANGES, Changes, after_change, wished
from bridge.harness.model.policy_details import Details
from bridge.harness.model.policy_memory import Memory, remembered
from bridge.harness.model.policy_resume import is_seed, last_answers, late_answer, lost
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.policy_words import Contents
from bridge.harness.recording import CallerLine, Intent, Meaning, PolicyOptions

# After these, what there is to say was said in the same breath, or nothing is to be said.
_SILENT_WHEN_OK = frozenset({"wait_for_user", "end_call", "transfer_to_human"})
_OPENING = re.compile(r'^"(.+)"$', re.MULTILINE)
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Receptionist:
    """A `Policy`: one call's state of mind."""

    def __init__(self, greeting: str, options: PolicyOptions | None = None) -> None:
        """`greeting`: the first words of the call, unless the instructions give others."""
        self._greeting: str | None = greeting  # None once said
        self._hasty = options is not None and options.hasty
        self._name = ""
        self._slots: list[str] = []  # ids, in the order offered
        self._times: list[str] = []  # the same, as they are said
        self._slot = ""  # the one chosen
        self._proposed: CallTool | None = None  # read back, not yet confirmed: what a yes asks for
        self._read_back = ""
        self._agreed: CallTool | None = None  # what was proposed when the caller said yes
        self._changes = Changes()
        self._details = Details()
        self._books = True  # there are appointments
        self._change: CallTool | None = None  # the latest change that was asked for
        self._served = False  # something was booked, changed or written down
        self._offered: Contents = []  # what a yes means, by the sentence before the caller's next words
        self._running: list[str] = []  # tools asked and not answered
        self._due: Contents = []  # what the tools' answers call for
        self._reaction: Contents = []  # what the caller's words call for
        self._last: Contents = []  # what was said last, or begun
        self._mild = False  # the reaction gives way to whatever is due

    # --- what it is told ----------------------------------------------------------

    def instructed(self, instructions: str, tools: frozenset[str]) -> None:
        self._books = "create_event" in tools
        self._details.instructed(instructions)
        found = _OPENING.search(instructions)
        if found is not None and self._greeting is not None:
            self._greeting = found.group(1)

    def heard(self, line: CallerLine | None) -> None:
        # A turn that was cut short may have lost its tool call, so nothing is waited for any longer.
        self._running.clear()
        self._agreed = None
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
            case Intent.YES if self._offered:
                self._react(*self._offered)
            case Intent.YES:
                self._agree()
            case Intent.NO:
                self._decline()
            case Intent.PERSON:
                self._react(*words.transfer("asks_for_a_person"))
            case Intent.EMERGENCY:
                self._react(*words.transfer("emergency"))
            case Intent.QUESTION:
                self._react(CallTool("answer_question", {"topic": meaning.topic}))
            case Intent.MESSAGE:
                name = {"name": self._name} if self._name else {}
                self._react(CallTool("take_message", {"message": meaning.message, **name}))
            case Intent.RESCHEDULE | Intent.CANCEL:
                self._forget_choice()
                self._react(self._changes.wanted(meaning))
            case Intent.DETAILS:
                self._name = meaning.details.get("name", self._name)
                self._react(self._details.told(meaning.details))
            case Intent.ASIDE:
                self._react(CallTool("wait_for_user", {}), mild=True)
            case Intent.GOODBYE:
                self._say_goodbye()
        self._offered = []

    def noted(self, role: str, text: str) -> None:
        if (answer := late_answer(text)) is not None:
            self.tool_answered(*answer)
            return
        if is_seed(role, text):
            self._go_on(text)
            return
        if (memory := remembered(role, text)) is not None:
            self._begin_from(memory)
            return
        code = _CODE.search(text)
        if code is not None:
            self._react(CallTool("check_code", {"code": code.group()}))
            return
        noisy = role == "system" and "noise" in text
        self._react(Say(words.TOO_NOISY) if noisy else self._last_question(), mild=not noisy)

    def _begin_from(self, memory: Memory) -> None:
        """The line was cut: no second greeting, but the question that was open."""
        self._greeting = None
        self._running.clear()
        self._due, self._proposed, self._agreed = [], None, None  # nothing of it is known any more
        self._slots, self._times = memory.slots, memory.times
        self._slot, self._name, self._served = memory.kept, memory.name, memory.served
        self._react(self._last_question())

    def tool_answered(self, name: str, output: dict[str, Any]) -> None:
        if name in self._running:
            self._running.remove(name)
        ok, say = bool(output.get("ok")), str(output.get("say", ""))
        if "slots" in output:
            self._slots = [str(slot["id"]) for slot in output["slots"]]
            self._times = [str(slot["spoken"]) for slot in output["slots"]]
            self._forget_choice()
        if ok and name in _SILENT_WHEN_OK:
            return
        self._due = [Say(say)] if say else []
        self._offered = words.offered_by(say)
        if ok:
            self._done(name, output, say)
        elif say and name in ("create_event", *CHANGES) and say != self._read_back:
            self._forget_choice()  # without a sentence it only came too early, and the proposal stands
        if name == "send_confirmation":
            self._due.append(Say(words.ASK_MORE))

    def _done(self, name: str, output: dict[str, Any], say: str) -> None:
        """A tool did what it was asked for: what comes after its sentence."""
        match name:
            case "hold_slot":
                agreed = {"hold_id": str(output["hold_id"]), "customer_name": self._name}
                self._propose(CallTool("create_event", agreed), say)
                if self._hasty:
                    self._due.append(CallTool("create_event", agreed))
            case "create_event":
                self._settled(CallTool("send_confirmation", {}))
            case "find_bookings":
                self._due += self._changes.found(output)
            case "check_code":
                again = self._changes.proved()
                self._due += [again] if again is not None else [Say(words.ASK_WISH)]
            case "cancel_event" | "reschedule_event" if self._change is not None:
                if self._agreed == self._change:
                    self._settled(after_change(name))
                else:
                    self._propose(self._change, say)
            case "save_details":
                self._details.kept(output)
                if not say.endswith("?"):
                    self._due.append(self._next_step())
            case "take_message":
                self._served = True

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
            contents = [part for part in contents if isinstance(part, Say)] or [Say(words.ONE_MOMENT)]
        self._last = contents
        for part in contents:
            if isinstance(part, CallTool):
                self._running.append(part.name)
                self._change = part if part.name in CHANGES else self._change
        return contents

    def _go_on(self, seed: str) -> None:
        """In a new session: what was lost once more, else the question that is open."""
        answers = last_answers(seed)
        for name in [name for name in self._running if name in answers]:
            self.tool_answered(name, answers[name])
        if "Still running" not in seed:
            self._running.clear()
        if self._due or self._reaction:
            return  # not said before the break either
        if (lost_parts := lost(self._last, seed)) and self._greeting is None:
            self._react(*lost_parts)
        else:
            self._react(self._last_question(), mild=True)

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
        self._forget_choice()
        self._changes.leave()
        look = CallTool("check_availability", wished(wish, wish.service))
        self._react(Say(words.PREAMBLE), look)

    def _choose(self, option: int) -> None:
        if option > len(self._slots):
            self._not_understood()  # nothing was offered, or not so many
            return
        self._slot, self._proposed = self._slots[option - 1], None
        self._ask_for_chosen()

    def _ask_for_chosen(self) -> None:
        if self._changes.moving:
            self._react(self._changes.move_to(self._slot))
        elif self._name:
            self._react(CallTool("hold_slot", {"slot_id": self._slot, "customer_name": self._name}))
        else:
            self._react(Say(words.ASK_NAME))

    def _learn_name(self, renamed: bool) -> None:
        if self._slot and (renamed or not self._proposed):
            self._proposed = None
            self._ask_for_chosen()  # also when a name was corrected: the read-back must say the right one
        else:
            self._react(self._last_question(), mild=True)

    def _agree(self) -> None:
        if self._proposed is not None:
            self._agreed = self._proposed
            self._react(self._proposed)
        elif self._slot and self._name:
            self._ask_for_chosen()  # it was read back before the line was cut: once more
        else:
            self._react(self._next_step(), mild=True)

    def _decline(self) -> None:
        if self._proposed is not None:
            self._forget_choice()
            self._react(self._offer() if self._slots else Say(words.ASK_MORE))
        elif self._slots:
            self._react(Say(words.ASK_DAY))
        else:
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        self._react(Say(words.GOODBYE), CallTool("end_call", {}))

    # --- what a yes would bring about ---------------------------------------------

    def _propose(self, call: CallTool, say: str) -> None:
        self._proposed, self._read_back = call, say

    def _forget_choice(self) -> None:
        self._slot, self._proposed = "", None

    def _settled(self, then: Say | CallTool) -> None:
        """What was proposed is done."""
        self._forget_choice()
        self._changes.leave()
        self._slots, self._served = [], True
        self._due.append(then)

    def _offer(self) -> Say:
        return Say(f"I have {', or '.join(self._times)}.")

    def _next_step(self) -> Say | CallTool:
        """The question that is due; where nothing is booked and all was told, the message that ends it."""
        message = None
        if not self._books and self._details.next_question() is None:
            message = self._details.message()
        return message or self._last_question()

    def _last_question(self) -> Say:
        """Where the conversation stands, asked again."""
        if self._proposed is not None:
            return Say(self._read_back)
        if self._slot and not self._name:
            return Say(words.ASK_NAME)
        if self._slots:
            return self._offer()
        if (question := self._details.next_question()) is not None:
            return question
        return Say(words.ASK_MORE if self._served else words.ASK_WISH)
