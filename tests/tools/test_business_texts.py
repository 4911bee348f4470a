"""Where texts go and when customers are reminded, as the owner writes it."""

from pathlib import Path

import pytest

from tools.business import Business, Owner, Reminders, TextRules
from tools.business_file import BusinessFileError, parse_business
from tools.store import TextCaps

SAMPLE = (Path(__file__).parents[2] / "prompts" / "business.toml").read_text(encoding="utf-8")
BOTH = SAMPLE[SAMPLE.index("[reminders]") : SAMPLE.index("[handoff]")]


def with_tables(text: str, sample: str = SAMPLE) -> Business:
    """The sample business with these two tables instead of its own."""
    return parse_business(sample.replace(BOTH, text + "\n"))


def problems(text: str) -> list[str]:
    with pytest.raises(BusinessFileError) as error:
        with_tables(text)
    return error.value.problems


def test_defaults_are_what_the_sample_shows() -> None:
    """Both tables may be left out."""
    left_out = with_tables("")
    assert left_out == parse_business(SAMPLE)
    assert left_out.texts == TextRules(countries=("US",), per_call=4, per_number=8, in_all=200)
    assert left_out.texts.caps == TextCaps(per_call=4, per_number=8, in_all=200)
    assert left_out.reminders == Reminders(hours_before=(24,), quiet=(21 * 60, 8 * 60))


def test_what_the_owner_gives() -> None:
    """In order and once each."""
    business = with_tables(
        '[reminders]\nhours_before = [48, 2, 48]\nquiet = "22:00-24:00"\n'
        '[texts]\ncountries = ["US", "CA"]\nper_call = 2\nper_number = 3\nin_all = 50'
    )
    assert business.reminders == Reminders(hours_before=(2, 48), quiet=(22 * 60, 0))
    assert business.texts == TextRules(countries=("US", "CA"), per_call=2, per_number=3, in_all=50)


def test_no_reminders_and_no_quiet_hours() -> None:
    """Both can be done without."""
    reminders = with_tables('[reminders]\nhours_before = []\nquiet = ""').reminders
    assert reminders == Reminders(hours_before=(), quiet=(0, 0))


def test_the_country_of_the_business() -> None:
    """That of the number of its person; with none, what the file says; with neither, it is left open."""
    nobody = SAMPLE.replace("handoff_number =", "# handoff_number =")
    assert with_tables("").texts.countries == ("US",)
    assert with_tables("", nobody).texts.countries == ()
    assert with_tables("", f'country = "GB"\n{nobody}').texts.countries == ("GB",)
    assert with_tables('[texts]\ncountries = ["CA"]').texts.countries == ("CA",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[texts]\ncountries = ["UK"]', 'texts.countries: unknown "UK"'),
        ('[texts]\ncountries = ["usa"]', "texts.countries"),
        ("[texts]\nper_number = 0", "texts.per_number"),
        ("[texts]\nper_day = 9", "texts: Object contains unknown field `per_day`"),
        ("[reminders]\nhours_before = [0]", "reminders.hours_before"),
        ("[reminders]\nhours_before = [169]", "reminders.hours_before"),
        ("[reminders]\nhours_before = [1, 2, 3, 4, 5, 6]", "reminders.hours_before"),
        ('[reminders]\nquiet = "night"', 'reminders.quiet: "night" is not a stretch'),
        ('[reminders]\nquiet = "25:00-26:00"', "reminders.quiet"),
        ('[reminders]\nquiet = "09:00-09:00"', "reminders.quiet"),
        ('[reminders]\nquiet = "00:00-24:00"', "reminders.quiet"),
    ],
)
def test_a_mistake_is_named(text: str, problem: str) -> None:
    """With its key and what is expected."""
    found = problems(text)
    assert any(one.startswith(problem) for one in found), found


@pytest.mark.parametrize(
    ("key", "wording", "problem"),
    [
        ("moved_text", "{when}", "unknown placeholder {when}"),
        ("reminder_text", "{number}", "unknown placeholder {number}"),
        ("help_text", "{date}", "unknown placeholder {date}"),
        ("cancellation_rules", "{date}", "unknown placeholder {date}"),
    ],
)
def test_placeholders_of_texts_are_checked(key: str, wording: str, problem: str) -> None:
    """Each text has its own; the rules are the same for every booking."""
    text = "\n".join(line for line in SAMPLE.splitlines() if not line.startswith(f"{key} ="))
    with pytest.raises(BusinessFileError) as error:
        parse_business(text.replace("[wording]", f'[wording]\n{key} = "{wording}"'))
    assert [one.startswith(f"wording.{key}: {problem}") for one in error.value.problems] == [True]


def test_the_rules_may_be_empty() -> None:
    """Then a text ends without them."""
    rules = 'cancellation_rules = "To change or cancel, please call us."'
    assert parse_business(SAMPLE.replace(rules, 'cancellation_rules = ""')).wording.cancellation_rules == ""


def test_nobody_is_told_unless_the_owner_wants_it() -> None:
    """By text, by mail, or by both; the cap on texts has a default."""
    assert parse_business(SAMPLE).owner == Owner()
    told = parse_business(SAMPLE + '[owner]\nsms = "+4930901820"\nemail = "office@example.com"\n')
    assert told.owner == Owner(sms="+4930901820", email="office@example.com", texts_per_day=50)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ('sms = "555 0180"', "owner.sms:"),
        ('email = "office"', "owner.email:"),
        ("texts_per_day = 0", "owner.texts_per_day:"),
        ('phone = "+12025550181"', "owner:"),
    ],
)
def test_where_the_owner_cannot_be_told(given: str, problem: str) -> None:
    """Each mistake has its place."""
    with pytest.raises(BusinessFileError) as error:
        parse_business(f"{SAMPLE}[owner]\n{given}\n")
    assert [one for one in error.value.problems if one.startswith(problem)] != []


def test_a_placeholder_of_another_text_is_refused() -> None:
    """The owner's texts are about a caller, not about a booking."""
    with pytest.raises(BusinessFileError, match=r"wording\.owner_text: unknown placeholder \{date\}"):
        parse_business(SAMPLE.replace('owner_text = "', 'owner_text = "{date} '))
