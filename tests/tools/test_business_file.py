"""The owner's file: what it gives, and what it says when something in it cannot be right."""

from datetime import date
from pathlib import Path

import pytest

from tools.business import Field, Mode, Stretch
from tools.business_file import BusinessFileError, load_business, parse_business

SAMPLE = Path(__file__).parents[2] / "prompts" / "business.toml"

SMALL = """
name = "Shop"
agent = "Robin"
zone = "Europe/Berlin"
address = "1 Street"

[hours]
monday = ["09:00-12:00", "13:00-17:00"]

[[calendar]]
id = "a@example.com"
name = "A"

[[service]]
key = "cut"
name = "haircut"
minutes = 30
calendars = ["a@example.com"]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BusinessFileError) as caught:
        parse_business(text)
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


def test_the_sample_file_loads() -> None:
    """The committed sample is right, and its facts arrive typed."""
    business = load_business(SAMPLE)
    assert business.name == "Maple Street Dental"
    assert business.tz.key == "America/New_York"
    assert business.hours[4] == (Stretch(9 * 60, 15 * 60),)
    assert business.hours[6] == ()
    assert business.closed(date(2026, 12, 24)) == "Christmas"
    assert business.closed(date(2027, 1, 1)) == "New Year's Day"
    assert business.closed(date(2027, 1, 2)) is None
    assert business.closed(date(2026, 11, 11)) is None
    assert business.handoff_number == "+12025550180"
    filling = business.service("filling")
    assert filling is not None
    assert filling.buffer_minutes == 15
    assert business.service("surgery") is None


def test_a_small_file_is_enough() -> None:
    """Everything but the facts only the owner knows has a default."""
    business = parse_business(SMALL)
    assert business.handoff_number is None
    assert (business.notice_minutes, business.hold_minutes) == (120, 5)
    assert business.questions == ()


def test_what_is_asked_of_callers_is_the_owners() -> None:
    """Nothing unless the owner wants it; the country is that of the business's own number."""
    plain = parse_business(SMALL)
    assert (plain.mode, plain.ask, plain.fields, plain.country) == (Mode.BOOKINGS, (), (), "US")
    number = changed('zone = "', 'handoff_number = "+4930901820"\nzone = "')
    business = parse_business(
        number
        + '[capture]\nask = ["reason"]\n'
        + '[[field]]\nkey = "zip"\nquestion = "Where?"\n'
        + '[[field]]\nkey = "size"\nquestion = "How big?"\nchoices = ["S", "L"]\nrequired = true\n'
    )
    assert business.country == "DE"
    assert business.ask == ("reason",)
    assert business.fields == (
        Field(key="zip", question="Where?"),
        Field(key="size", question="How big?", choices=("S", "L"), required=True),
    )
    assert business.fields[0].label == "Zip"


def test_where_nothing_is_booked_no_calendar_is_needed() -> None:
    """Nor a service; one may be named all the same, so that the agent can tell of it."""
    small = 'mode = "leads"\n' + SMALL[: SMALL.index("[[calendar]]")]
    business = parse_business(small)
    assert not business.takes_bookings
    assert not business.calendars
    assert not business.services
    told = parse_business(small + '[[service]]\nkey = "cut"\nname = "haircut"\nminutes = 30\n')
    assert told.services[0].calendars == ()


def test_a_calendar_keeps_the_hours_of_the_business_unless_it_says_otherwise() -> None:
    """A day left out is as the business's; an empty day is a day off."""
    own = 'name = "A"\n[calendar.hours]\n'
    business = parse_business(changed('name = "A"\n', own + 'tuesday = ["10:00-11:00"]\n'))
    assert business.calendar("a@example.com").hours[0] == business.hours[0]
    assert business.calendar("a@example.com").hours[1] == (Stretch(600, 660),)
    off = parse_business(changed('name = "A"\n', own + 'monday = []\ntuesday = ["10:00-11:00"]\n'))
    assert off.calendar("a@example.com").hours[0] == ()


def test_a_calendar_keeps_the_clock_of_the_business_unless_it_says_otherwise() -> None:
    """A provider in another zone has hours on a clock of their own."""
    assert parse_business(SMALL).calendar("a@example.com").zone == "Europe/Berlin"
    elsewhere = parse_business(changed('name = "A"\n', 'name = "A"\nzone = "Europe/London"\n'))
    assert elsewhere.calendar("a@example.com").tz.key == "Europe/London"


def test_public_holidays_come_with_a_region() -> None:
    """Closed on those of the region, but not on the ones the owner names; without a region on none."""
    assert parse_business(SMALL).closed(date(2026, 12, 25)) is None
    text = changed("[hours]", 'holidays = "DE-BY"\nopen_holidays = ["Good Friday"]\n[hours]')
    business = parse_business(text)
    assert business.closed(date(2026, 12, 25)) is not None
    assert business.closed(date(2027, 1, 6)) is not None  # Epiphany: in Bavaria, not in Berlin
    assert business.closed(date(2027, 3, 26)) is None
    berlin = parse_business(changed("[hours]", 'holidays = "DE-BE"\n[hours]'))
    assert berlin.closed(date(2027, 1, 6)) is None


def test_the_opening_discloses_the_assistant_unless_switched_off() -> None:
    """By default the caller is told at once what answers."""
    assert parse_business(SMALL).wording.opening == (
        "Thank you for calling Shop. I'm Robin, an automated assistant. How can I help you?"
    )
    silent = parse_business(SMALL + "\n[wording]\ndisclosure = false\n")
    assert silent.wording.opening == "Thank you for calling Shop. How can I help you?"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Europe/Berlin", "Europe/Munich", 'zone: unknown "Europe/Munich"'),
        ("Europe/Berlin", "../etc", "zone: unknown"),
        ("Europe/Berlin", "Europe", "zone: unknown"),
        ('name = "A"', 'name = "A"\nzone = "Berlin"', 'calendar a@example.com: zone: unknown "Berlin"'),
        (
            "[hours]",
            'holidays = "Texas"\n[hours]',
            'holidays: unknown region "Texas"; expected an ISO 3166 code',
        ),
        ("[hours]", "holidays = true\n[hours]", "holidays: Expected `str`, got `bool`"),
        (
            "[hours]",
            'holidays = "US"\nopen_holidays = ["Colombus Day"]\n[hours]',
            'open_holidays: "Colombus Day" is no holiday of US; did you mean "Columbus Day"?',
        ),
        ("[hours]", 'open_holidays = ["Columbus Day"]\n[hours]', "open_holidays: needs a region; expected"),
        ('address = "1 Street"\n', "", "address: missing"),
        ('address = "1 Street"', "address = 1", "address: Expected `str`, got `int`"),
        ('address = "1 Street"', 'adress = "1 Street"', "adress: unknown key"),
        ('address = "1 Street"', 'address = ""', "address: Expected `str` of length >= 1"),
        ("13:00-17:00", "11:30-17:00", "hours.monday: two stretches overlap"),
        ("13:00-17:00", "17:00-13:00", 'hours.monday: "17:00-13:00" closes before it opens'),
        ("13:00-17:00", "1 to 5", 'hours.monday: "1 to 5" is not a stretch'),
        ("13:00-17:00", "13:00-24:30", "is not a stretch"),
        ("13:00-17:00", "13:70-17:00", "is not a stretch"),
        ("monday =", "mondy =", "hours: Object contains unknown field `mondy`"),
        ("minutes = 30", "minutes = 0", "service 1.minutes: Expected `int` >= 5"),
        ("minutes = 30", "minutes = 300", 'service cut: minutes: never fits the hours of "a@example.com"'),
        ("minutes = 30", "minutes = 30\nprices = 3", "service 1: Object contains unknown field `prices`"),
        ("minutes = 30\n", "", "service 1: Object missing required field `minutes`"),
        ('key = "cut"', 'key = "Hair cut"', "service 1.key"),
        ('calendars = ["a@example.com"]', "calendars = []", "service cut: calendars: expected at least one"),
        ('calendars = ["a@example.com"]', 'calendars = ["b"]', 'no [[calendar]] has id "b"'),
        ('id = "a@example.com"', 'id = "primary"', '"primary" is a different calendar for every account'),
        (
            'zone = "',
            'handoff_number = "555-0180"\nzone = "',
            'handoff_number: "555-0180" is not E.164',
        ),
        (
            'zone = "',
            'handoff_number = "+1 202 555 0180"\nzone = "',
            "is not E.164",
        ),
        ("[hours]", "[booking]\nhold_minutes = 0\n[hours]", "booking.hold_minutes: Expected `int` >= 1"),
        ('zone = "', 'mode = "lead"\nzone = "', "mode: Invalid enum value 'lead'"),
        ('zone = "', 'country = "Germany"\nzone = "', 'country: unknown "Germany"'),
        ("[hours]", '[capture]\nask = ["phone"]\n[hours]', 'capture.ask: unknown "phone"; expected name,'),
        ("[hours]", "[capture]\nasks = []\n[hours]", "capture: Object contains unknown field `asks`"),
        ("[hours]", '[[field]]\nkey = "Zip"\nquestion = "?"\n[hours]', "field 1.key"),
        ("[hours]", '[[field]]\nkey = "zip"\n[hours]', "field 1: Object missing required field `question`"),
        ("[hours]", '[[field]]\nkey = "email"\nquestion = "?"\n[hours]', 'field: key "email" is taken'),
        (
            "[hours]",
            '[[field]]\nkey = "zip"\nquestion = "?"\nchoices = ["1", "1"]\n[hours]',
            'field zip: choices "1" is given 2 times',
        ),
        ("[[service]]", "[service]", "service: expected [[service]] tables"),
        (
            "[hours]",
            '[[closure]]\nfrom = 2026-12-24\nto = 2026-12-23\nreason = "x"\n[hours]',
            "closure (x): to is before from",
        ),
        ("[hours]", '[[closure]]\nfrom = "Xmas"\nreason = "x"\n[hours]', "closure 1.from: Invalid"),
        ("[hours]", "[[closure]]\nfrom = 2026-02-30\n[hours]", "line 8"),
        ("[hours]", "[hours", "line 7"),
        (
            "[hours]",
            '[wording]\ngreeting = "Hi from {busines}"\n[hours]',
            "wording.greeting: unknown placeholder {busines}; expected {agent}, {business}",
        ),
        (
            "[hours]",
            '[wording]\nconfirmation_text = "{business} {start}"\n[hours]',
            "wording.confirmation_text: unknown placeholder {start}",
        ),
        ("[hours]", '[wording]\ngoodbye = "Bye {"\n[hours]', "wording.goodbye: "),
        ("[hours]", '[wording]\ncode_text = "Hello"\n[hours]', "wording.code_text: {code} is missing"),
        ("[hours]", '[wording]\ngoodbye = "{agent.__class__}"\n[hours]', "unknown placeholder"),
    ],
)
def test_a_mistake_is_named_with_its_place(old: str, new: str, problem: str) -> None:
    """Every mistake gives a sentence that names the key or the line and what is expected."""
    found = problems(changed(old, new))
    assert any(problem in one for one in found), found
    assert len(found) <= 2, "one mistake must not drown in its consequences"


def test_all_mistakes_are_named_at_once() -> None:
    """The owner does not have to start the server once per mistake."""
    text = changed("Europe/Berlin", "Nowhere").replace("minutes = 30", "minutes = 0")
    text = text.replace("09:00-12:00", "12:00-09:00").replace("agent =", "agnet =")
    found = problems(text)
    assert len(found) == 5
    assert {problem.split(":")[0] for problem in found} == {
        *("zone", "service 1.minutes", "hours.monday", "agnet", "agent")
    }


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ('[[calendar]]\nid = "a@example.com"\nname = "B"\n', 'calendar: id "a@example.com" is given 2 times'),
        ('[[calendar]]\nid = "b@example.com"\nname = "a"\n', 'calendar: name "a" is given 2 times'),
        (SMALL[SMALL.index("[[service]]") :], 'service: key "cut" is given 2 times'),
        ('[[field]]\nkey = "zip"\nquestion = "?"\n' * 2, 'field: key "zip" is given 2 times'),
        ('[[faq]]\ntopic = "p"\nquestions = ["?"]\nanswer = "A"\n' * 2, 'faq: topic "p" is given 2 times'),
    ],
)
def test_what_names_something_names_it_once(table: str, name: str) -> None:
    """A key that stands twice is refused: one of the two would silently win."""
    assert any(name in problem for problem in problems(SMALL + table))


def test_a_file_that_is_not_there_is_a_problem_of_the_file() -> None:
    """A missing file is told like any other mistake."""
    with pytest.raises(BusinessFileError, match="cannot be read"):
        load_business(Path("no-such-file.toml"))


def test_the_message_names_the_file() -> None:
    """Each line of the message begins with the file's name."""
    with pytest.raises(BusinessFileError, match=r"^shop\.toml: zone: unknown"):
        parse_business(changed("Europe/Berlin", "Nowhere"), "shop.toml")
