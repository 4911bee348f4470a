"""What a caller told, as lines for people."""

from tools.business import Field
from tools.lead import callback_note, visit_note
from tools.store import Lead

CALLER = "+12025550143"
FIELDS = (Field(key="pet_name", question="What is your pet called?"), Field(key="zip", question="Zip code?"))
ALL = Lead(
    name="Dana Reed",
    callback_number="+12025550199",
    email="dana@example.com",
    location="48 Maple Street",
    reason="a broken tooth",
    customer="existing",
    appointment_type="filling",
    urgency="urgent",
    qualified="needs_human_review",
    handoff_reason="upset_or_confused",
    fields={"zip": "22150", "gone": "a field the owner has dropped"},
)


def test_a_visit_is_told_what_matters_for_it() -> None:
    """A line each, labelled, in the order of reading; not what we think of the caller."""
    assert visit_note(ALL, CALLER, FIELDS).splitlines() == [
        "Reason: a broken tooth",
        "Kind of appointment: filling",
        "Urgency: urgent",
        "Customer: existing",
        "Location: 48 Maple Street",
        "Asked to be called at: +12025550199",
        "Zip: 22150",
    ]


def test_who_calls_back_is_told_everything() -> None:
    """The other number first, then all the rest."""
    assert callback_note(ALL, None, FIELDS).splitlines() == [
        "Asked to be called at: +12025550199",
        "Reason: a broken tooth",
        "Kind of appointment: filling",
        "Urgency: urgent",
        "Customer: existing",
        "Location: 48 Maple Street",
        "Email: dana@example.com",
        "Qualified: needs human review",
        "A person is wanted because: upset or confused",
        "Zip: 22150",
    ]


def test_the_calling_number_is_not_repeated() -> None:
    """It stands beside the note already."""
    same = Lead(callback_number=CALLER)
    assert visit_note(same, CALLER, FIELDS) == callback_note(same, CALLER, FIELDS) == ""


def test_nothing_told_is_nothing_written() -> None:
    """No empty labels."""
    assert visit_note(Lead(), CALLER, FIELDS) == callback_note(Lead(), None, ()) == ""


def test_the_owners_own_details_keep_the_owners_order() -> None:
    """Labels are made of the keys."""
    lead = Lead(fields={"zip": "22150", "pet_name": "Rex"})
    assert visit_note(lead, CALLER, FIELDS) == "Pet name: Rex\nZip: 22150"
