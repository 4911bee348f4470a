"""What the receptionist says in words of its own, and how tools' questions end that it can answer.

Pure. The phrase bank must be able to say all of `SENTENCES`. Read next: policy.py.
"""

from bridge.harness.model.policy_types import CallTool, Say

PREAMBLE = "Let me look."
ASK_NAME = "May I have your name, please?"
ASK_WISH = "How can I help you?"
ASK_DAY = "What day would suit you?"
ASK_MESSAGE = "What shall I pass on?"
ASK_MORE = "Is there anything else?"
ONE_MOMENT = "One moment, please."
PUT_THROUGH = "One moment, I'll put you through."
TOO_NOISY = "I'm sorry, the line is very noisy. Please press zero to speak to a person."
GOODBYE = "Thank you for calling. Goodbye."

ASK_DETAIL = {  # by argument of save_details
    "name": ASK_NAME,
    "callback_number": "What number can we call you back on?",
    "email": "What is your email address?",
    "reason": "What is it about?",
}

SENTENCES = (
    *(PREAMBLE, ASK_NAME, ASK_WISH, ASK_DAY, ASK_MESSAGE, ASK_MORE, ONE_MOMENT),
    *(PUT_THROUGH, TOO_NOISY, GOODBYE),
    *ASK_DETAIL.values(),
)

Contents = list[Say | CallTool]


def transfer(reason: str) -> Contents:
    """The farewell, and the tool that fetches a person."""
    return [Say(PUT_THROUGH), CallTool("transfer_to_human", {"reason": reason})]


# What a yes brings about right after a sentence of a tool's that ends so.
YES_MEANS: dict[str, Contents] = {
    "speak to a person?": transfer("asks_for_a_person"),
    "Shall I take a message?": [Say(ASK_MESSAGE)],
    "to the number you are calling from?": [CallTool("send_code", {})],
}


def offered_by(sentence: str) -> Contents:
    """What a yes to this sentence brings about; nothing when it offers nothing of the kind."""
    return next((contents for ending, contents in YES_MEANS.items() if sentence.endswith(ending)), [])
