"""Why a tool did not do what was asked. The tree first.

Pure. Every error has a code for us, a sentence the agent may say to the caller, and, where
the model can put things right, a `problem` it alone reads. An exception's text is never
read out. `dispatch.py` turns them into results.

    ToolError
    ├── ModelMistake          the model asked wrongly; it is told what is expected
    │   ├── UnknownTool
    │   ├── BadArguments
    │   │   └── UnknownService
    │   └── OutOfTurn         the right tool at the wrong moment
    ├── NotConfirmed          a write the caller has not had the chance to refuse; nobody speaks
    ├── NotReadBack           the caller answered, but not to the read-back; it is said (again)
    ├── Declined              understood and impossible; the sentence says so
    ├── Unavailable           something outside did not answer; certainly nothing was changed
    └── OutcomeUnknown        a write that may or may not have happened
"""

from tools import spoken
from tools.result import Reply, ToolResult


class ToolError(Exception):
    """Base of all. `code` and `reply` belong to the class unless given."""

    code = "failed"
    reply = Reply.MODEL
    closes_gate = False

    def __init__(self, say: str, *, code: str | None = None, problem: str | None = None) -> None:
        super().__init__(code or self.code)
        self.say = say
        self.code = code or self.code
        self.problem = problem

    def result(self) -> ToolResult:
        """The answer the model gets."""
        output: dict[str, object] = {"ok": False, "say": self.say}
        if self.problem is not None:
            output["problem"] = self.problem
        return ToolResult(output=output, reply=self.reply, closes_gate=self.closes_gate, error_code=self.code)


class ModelMistake(ToolError):
    """The model asked for something that does not exist or does not fit."""

    code = "model_mistake"

    def __init__(self, problem: str) -> None:
        super().__init__(spoken.one_moment(), problem=problem)


class UnknownTool(ModelMistake):
    code = "unknown_tool"


class BadArguments(ModelMistake):
    code = "bad_arguments"


class UnknownService(BadArguments):
    code = "unknown_service"


class OutOfTurn(ModelMistake):
    code = "out_of_turn"


class NotConfirmed(ToolError):
    """The read-back is unheard or unanswered: an answer now would talk over our own question."""

    code = "not_confirmed"
    reply = Reply.NONE

    def __init__(self, code: str, problem: str) -> None:
        super().__init__("", code=code, problem=problem)


class NotReadBack(ToolError):
    """What was heard and answered did not name what is proposed. `say`: the read-back's sentence."""

    code = "not_read_back"

    def __init__(self, say: str) -> None:
        problem = "the caller has not heard what this would do; say the sentence word for word, stop and wait"
        super().__init__(say, problem=problem)


class Declined(ToolError):
    code = "declined"


class Unavailable(ToolError):
    code = "unavailable"


class OutcomeUnknown(ToolError):
    code = "outcome_unknown"
