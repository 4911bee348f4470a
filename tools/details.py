"""save_details: keep what the caller tells about themselves and their wish, and read it back.

It may be called again and again; a later word replaces an earlier one. What can be misheard is
checked and read back as `spoken_details.py` words it. A number or address that cannot be right
is asked for again, and everything else that came with it is kept. `lead.py` shows it to people.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tools import spoken_details
from tools.arguments import Plain, SaveDetails
from tools.business import Business, Field
from tools.email_addresses import BadEmail, email_address
from tools.errors import BadArguments, OutcomeUnknown
from tools.facts import CallFacts
from tools.kit import Kit
from tools.phone_numbers import BadNumber, e164, groups
from tools.result import Gate, ToolResult
from tools.spoken_details import email_words, name_words, phone_words
from tools.store import Lead, StoreError

REFUSED = "detail_refused"


def arguments_of(fields: tuple[Field, ...]) -> type[SaveDetails]:
    """The tool's arguments with the owner's own details beside the built-in ones."""
    if not fields:
        return SaveDetails
    own = [(field.key, _own_type(field), None) for field in fields]
    arguments: type[Any] = msgspec.defstruct("SaveDetails", own, bases=(SaveDetails,), kw_only=True)
    return arguments


def _own_type(field: Field) -> Any:
    kind: Any = Literal[field.choices] if field.choices else Plain
    return Annotated[kind | None, Meta(description=field.question)]


async def save_details(kit: Kit, facts: CallFacts, arguments: SaveDetails, gate: Gate) -> ToolResult:
    """What was told is kept in the call's facts whatever the store does, and used when it books."""
    told = _Told(kit.business, arguments)
    if not told.values and not told.problems:
        raise BadArguments("give at least one detail")
    if told.values:
        facts.lead = msgspec.structs.replace(
            facts.lead, **told.built_in, fields={**facts.lead.fields, **told.own}
        )
        try:
            await kit.store.save_lead(
                call_sid=facts.call_sid,
                caller_number=facts.caller_number,
                lead=facts.lead,
                now=kit.clock.now(),
            )
        except StoreError as error:
            raise details_unknown() from error
    if told.problems:
        problem = "; ".join(told.problems)
        return ToolResult(output={"ok": False, "say": told.say, "problem": problem}, error_code=REFUSED)
    output: dict[str, Any] = {"ok": True, "say": told.say}
    if missing := still_to_ask(kit.business, facts.lead):
        output["still_to_ask"] = missing
    return ToolResult(output=output)


def details_unknown() -> OutcomeUnknown:
    """Also what a save_details that ran out of time answers."""
    return OutcomeUnknown(spoken_details.details_unknown(), code="details_unknown")


def still_to_ask(business: Business, lead: Lead) -> list[str]:
    """The details that the owner wants asked in every call and that were not told yet, in order."""
    required = [field.key for field in business.fields if field.required]
    return [
        *(key for key in business.ask if getattr(lead, key) is None),
        *(key for key in required if key not in lead.fields),
    ]


class _Told:
    """What one call of the tool gives: values in their one form, and what is wrong with the others."""

    def __init__(self, business: Business, arguments: SaveDetails) -> None:
        given = msgspec.structs.asdict(arguments)
        spelled: bool = given.pop("spelled")
        texts = {key: " ".join(value.split()) for key, value in given.items() if value is not None}
        self.values = {key: value for key, value in texts.items() if value}
        self.problems: list[str] = []
        self._own_keys = {field.key for field in business.fields}
        self._read_back: list[str] = []
        self._ask_again: list[str] = []
        if spelled and "name" in self.values:
            self._read_back.append(spoken_details.read_back("your name", name_words(self.values["name"])))
        self._check_phone(business.country)
        self._check_email()

    @property
    def built_in(self) -> dict[str, str]:
        return {key: value for key, value in self.values.items() if key not in self._own_keys}

    @property
    def own(self) -> dict[str, str]:
        return {key: value for key, value in self.values.items() if key in self._own_keys}

    @property
    def say(self) -> str:
        """One question at the end: what has to be said again, else whether it was heard right."""
        question = self._ask_again[:1] or ([spoken_details.is_that_right()] if self._read_back else [])
        return " ".join([*self._read_back, *question]) or spoken_details.noted()

    def _check_phone(self, country: str) -> None:
        said = self.values.pop("callback_number", None)
        if said is None:
            return
        try:
            number = e164(said, country)
        except BadNumber:
            self.problems.append(f"callback_number: no telephone number of {country}, or of another country")
            self._ask_again.append(spoken_details.number_again())
            return
        self.values["callback_number"] = number
        words = phone_words(groups(number, country))
        self._read_back.append(spoken_details.read_back("the number", words))

    def _check_email(self) -> None:
        said = self.values.pop("email", None)
        if said is None:
            return
        try:
            address = email_address(said)
        except BadEmail as error:
            self.problems.append(f"email: {error}")
            self._ask_again.append(spoken_details.email_again())
            return
        self.values["email"] = address
        self._read_back.append(spoken_details.read_back("the email address", email_words(address)))
