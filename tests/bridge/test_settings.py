"""Settings: every problem named at once, secrets never shown, defaults as documented."""

from pathlib import Path

import pytest

from bridge.settings import ROOT, SETTINGS, SettingsError, read_settings
from tools.smtp_url import MailAddress, Security, SmtpServer

SECRET = "do-not-show-this-value"
GOOD = {
    "PUBLIC_BASE_URL": "https://voice.example.com",
    "OPENAI_API_KEY": SECRET,
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": SECRET,
    "TWILIO_NUMBER": "+12025550100",
    "GOOGLE_SERVICE_ACCOUNT_JSON": SECRET,
}


def problems(environment: dict[str, str]) -> list[str]:
    """What is said of this environment, a line each."""
    with pytest.raises(SettingsError) as wrong:
        read_settings(environment)
    first, *lines = str(wrong.value).splitlines()
    assert first == "Settings are missing or wrong (see .env.example):"
    return [line.strip() for line in lines]


def test_defaults() -> None:
    """What is not set has the documented default."""
    settings = read_settings(GOOD)
    assert settings.port == 5000
    assert settings.database_url == "sqlite:///callbridge.db"
    assert settings.openai_realtime_url == "wss://api.openai.com/v1/realtime"
    assert settings.openai_realtime_model == "gpt-realtime-2.1"
    assert settings.openai_auth_header == "authorization"
    assert settings.twilio_api_url == "https://api.twilio.com"
    assert settings.google_calendar_api_url == "https://www.googleapis.com/calendar/v3/"
    assert settings.business_file == ROOT / "prompts" / "business.toml"
    assert settings.instructions_file == ROOT / "prompts" / "receptionist.md"
    assert settings.lines_file == ROOT / "prompts" / "lines.toml"
    assert (settings.store_transcripts, settings.retention_days) == (True, 30)
    assert (settings.on_dyno, settings.allow_temporary_sqlite) == (False, False)


def test_what_is_missing_is_named_at_once() -> None:
    """An empty environment names every setting that has no default, with what it is."""
    required = [setting for setting in SETTINGS if setting.default is None]
    assert problems({}) == [f"{setting.name}: not set; it is {setting.meaning}" for setting in required]
    assert problems(dict.fromkeys(GOOD, "  ")) == problems({})


WRONG = {
    "PORT": ("70000", "a whole number from 0 to 65535"),
    "PUBLIC_BASE_URL": ("http://voice.example.com", "https://"),
    "DATABASE_URL": ("mysql://somewhere", "postgres://"),
    "OPENAI_REALTIME_URL": ("https://api.openai.com/v1/realtime", "wss://"),
    "OPENAI_AUTH_HEADER": ("cookie", "authorization, api-key"),
    "OPENAI_VOICE": ("morgan", "marin"),
    "OPENAI_REASONING_EFFORT": ("huge", "low"),
    "TWILIO_ACCOUNT_SID": ("AC123", "AC and 32 characters"),
    "TWILIO_NUMBER": ("555 0100", "+12025550100"),
    "TWILIO_API_URL": ("ftp://api.twilio.com", "https://"),
    "GOOGLE_CALENDAR_API_URL": ("http://www.googleapis.com/calendar/v3/", "only to this machine"),
    "BUSINESS_FILE": ("prompts/nowhere.toml", "a file that exists"),
    "INSTRUCTIONS_FILE": ("prompts", "a file that exists"),
    "LINES_FILE": ("prompts/none.toml", "a file that exists"),
    "MAX_CALLS": ("0", "a whole number from 1"),
    "STORE_TRANSCRIPTS": ("perhaps", "yes or no"),
    "RETENTION_DAYS": ("-3", "a whole number from 1"),
    "ALLOW_TEMPORARY_SQLITE": ("2", "yes or no"),
    "SMTP_URL": ("smtp://mail.example.com/inbox", "smtp://USER:PASSWORD@HOST:587"),
    "MAIL_FROM": ("Maple Street", "one address"),
    "LOG_FORMAT": ("xml", "json, console"),
    "LOG_LEVEL": ("loud", "info"),
}


def test_every_wrong_value_is_named_at_once() -> None:
    """Each problem has the name, what is expected and what was given; none hides another."""
    found = problems({**GOOD, **{name: value for name, (value, _) in WRONG.items()}})
    assert len(found) == len(WRONG)
    for name, (value, expected) in WRONG.items():
        (line,) = (line for line in found if line.startswith(f"{name}: expected "))
        assert expected in line
        assert (repr(value) in line) == (name not in ("DATABASE_URL", "SMTP_URL"))


def test_values_of_secrets_are_never_shown() -> None:
    """A wrong secret is named, not echoed: the message ends up in logs and screenshots."""
    shown = problems({"DATABASE_URL": f"mysql://user:{SECRET}@host/name", "PORT": "x"})
    assert any(line.startswith("DATABASE_URL: expected") for line in shown)
    assert SECRET not in "\n".join(shown)
    url = f"https://user:{SECRET}@voice.example.com"
    shown = problems({**GOOD, "PUBLIC_BASE_URL": url, "TWILIO_API_URL": f"ftp://user:{SECRET}@host"})
    assert len(shown) == 2
    assert SECRET not in "\n".join(shown)


@pytest.mark.parametrize(
    "value",
    [
        "https://voice.example.com/path",
        "https://voice.example.com?x=1",
        "https://voice.example.com#x",
        "https://voice.example.com:8443",
        "https://user@voice.example.com",
        "https://",
        "voice.example.com",
        "https://voice.example.com:port",
        "https://[::1",
        "http://192.168.1.5",
    ],
)
def test_public_addresses_that_are_none(value: str) -> None:
    """Twilio signs the address it was given, so it must be exactly a scheme and a host."""
    (line,) = problems({**GOOD, "PUBLIC_BASE_URL": value})
    assert line.startswith("PUBLIC_BASE_URL: expected")


@pytest.mark.parametrize(
    "value", ["https://voice.example.com", "https://voice.example.com/", "http://127.0.0.1:5000"]
)
def test_public_addresses(value: str) -> None:
    """A slash at the end is forgiven; on this machine plain http and a port are enough."""
    assert read_settings({**GOOD, "PUBLIC_BASE_URL": value}).public_base_url == value.rstrip("/")


@pytest.mark.parametrize("value", ["1", "yes", "TRUE", "On", " yes "])
def test_yes(value: str) -> None:
    """The usual ways of saying yes."""
    assert read_settings({**GOOD, "ALLOW_TEMPORARY_SQLITE": value}).allow_temporary_sqlite


@pytest.mark.parametrize("value", ["0", "no", "False", "OFF"])
def test_no(value: str) -> None:
    """And no."""
    assert not read_settings({**GOOD, "STORE_TRANSCRIPTS": value}).store_transcripts


def test_numbers_of_other_alphabets_are_refused() -> None:
    """A digit is 0 to 9; and nobody gets to make us read a number of a million digits."""
    assert problems({**GOOD, "PORT": "\u0665\u0660"})[0].startswith("PORT: expected a whole number")
    assert problems({**GOOD, "MAX_CALLS": "9" * 10_000})[0].startswith("MAX_CALLS: expected a whole number")
    assert problems({**GOOD, "TWILIO_NUMBER": "+\u0661\u0662\u0660\u0662\u0665"})[0].startswith(
        "TWILIO_NUMBER"
    )


def test_transcription_can_be_switched_off() -> None:
    """An empty model is an answer here, not an omission."""
    assert read_settings({**GOOD, "OPENAI_TRANSCRIPTION_MODEL": ""}).openai_transcription_model == ""


def test_azure() -> None:
    """Another address and another header are all that Azure needs."""
    url = "wss://resource.openai.azure.com/openai/v1/realtime"
    settings = read_settings({**GOOD, "OPENAI_REALTIME_URL": url, "OPENAI_AUTH_HEADER": "api-key"})
    assert (settings.openai_realtime_url, settings.openai_auth_header) == (url, "api-key")


def test_files_are_found_from_anywhere(tmp_path: Path) -> None:
    """A relative path counts from the project, an absolute one stays."""
    mine = tmp_path / "mine.toml"
    mine.write_text("")
    assert read_settings({**GOOD, "BUSINESS_FILE": str(mine)}).business_file == mine
    inside = read_settings({**GOOD, "BUSINESS_FILE": "recordings/business.toml"})
    assert inside.business_file == ROOT / "recordings" / "business.toml"


def test_on_a_dyno() -> None:
    """Heroku sets DYNO: there the disk does not last."""
    assert read_settings({**GOOD, "DYNO": "web.1"}).on_dyno


def test_settings_are_frozen() -> None:
    """Read once; nobody changes them afterwards."""
    with pytest.raises(AttributeError):
        read_settings(GOOD).port = 1  # type: ignore[misc]


def test_mail_is_off_unless_set() -> None:
    """No server and no sender: no mail, and nothing is missing."""
    settings = read_settings(GOOD)
    assert (settings.smtp_server, settings.mail_from) == (None, None)


def test_mail() -> None:
    """A server, and from whom."""
    settings = read_settings(
        {
            **GOOD,
            "SMTP_URL": f"smtp://robin%40example.com:{SECRET}@mail.example.com",
            "MAIL_FROM": "Maple Street Dental <hello@example.com>",
        }
    )
    assert settings.smtp_server == SmtpServer(
        host="mail.example.com",
        port=587,
        security=Security.STARTTLS,
        user="robin@example.com",
        password=SECRET,
    )
    assert settings.mail_from == MailAddress("hello@example.com", "Maple Street Dental")


def test_mail_needs_a_sender() -> None:
    """A server alone cannot send anything; a sender alone is harmless."""
    assert problems({**GOOD, "SMTP_URL": "smtps://mail.example.com"}) == [
        "MAIL_FROM: not set; it is from whom mail comes, when SMTP_URL is set"
    ]
    assert read_settings({**GOOD, "MAIL_FROM": "hello@example.com"}).smtp_server is None


@pytest.mark.parametrize("url", ["smtp://robin:{}@127.0.0.1", "smtp://:{}@host.example", "http://u:{}@host"])
def test_the_password_of_the_mail_server_is_not_shown(url: str) -> None:
    """Neither when the address is wrong, nor in what a wrong one is said to be."""
    shown = problems({**GOOD, "SMTP_URL": url.format(SECRET), "MAIL_FROM": "hello@example.com"})
    assert len(shown) == 1
    assert SECRET not in shown[0]
