"""When a client may ask for a turn: what the service lets pass and a good client never does.

Pure. The service answers every `response.create` it can; a client that asks once per tool answer
makes the model speak twice. `TurnLaw` knows what the model has not spoken about yet.
Source: OpenAI, Realtime conversations (function calling); openai/openai-agents-python#1466.
Read next: model/session.py.
"""


class TurnLaw:
    """Keeps what has come into the conversation since the last turn began."""

    def __init__(self) -> None:
        self._open: dict[str, set[str]] = {}  # turn that asked -> call ids not answered yet
        self._asked_in: dict[str, str] = {}  # call id -> turn that asked
        self._fresh_answers: set[str] = set()  # turns whose calls were answered since the last turn began
        self._fresh_words = True  # an utterance or a note; at first the greeting is free
        self._answers_were_last = False  # the newest input the last turn saw was a tool's answer
        self._last_turn_failed = False

    def tool_asked(self, turn_id: str, call_id: str) -> None:
        self._open.setdefault(turn_id, set()).add(call_id)
        self._asked_in[call_id] = turn_id

    def tool_answered(self, call_id: str) -> None:
        turn_id = self._asked_in[call_id]
        self._open[turn_id].discard(call_id)
        self._fresh_answers.add(turn_id)
        self._answers_were_last = True

    def words_came(self) -> None:
        """The caller said something or a note was put in."""
        self._fresh_words = True
        self._answers_were_last = False

    def turn_started(self) -> None:
        self._fresh_answers.clear()
        self._fresh_words = False

    def turn_ended(self, *, made_something: bool) -> None:
        """`made_something`: it ended as completed with at least one item."""
        self._last_turn_failed = not made_something

    def breach_of_asking(self) -> str | None:
        """What is wrong with asking for a turn now; None when it is right."""
        if self._fresh_words or self._last_turn_failed:
            return None
        if any(not self._open[turn_id] for turn_id in self._fresh_answers):
            return None
        if self._fresh_answers:
            return "response.create before every call of the batch is answered"
        if self._answers_were_last:
            return "a second response.create for the same tool answers"
        return None
