"""Settings: one frozen object, read once from the environment.

Secrets and endpoints only; the owner's facts are in `prompts/business.toml`. A wrong or
missing value does not stop at the first: every problem is named at once, with what to do.
`.env.example` lists them all, and a test keeps it, the README and this file the same.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from bridge.realtime.session_config import EFFORTS, VOICES
from tools.loopback import is_loopback
from tools.smtp_url import MailAddress, SmtpServer, SmtpUrlError, read_mail_from, read_smtp_url

T = TypeVar("T")

NO_ACCOUNT = "none"  # instead of a key, for a business that books nothing
ROOT = Path(__file__).parent.parent


class SettingsError(Exception):
    """One or more settings are missing or wrong; the text names each and says what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the environment decides. Built by `read_settings`."""

    port: int
    public_base_url: str  # https://host, no path, no trailing slash
    database_url: str
    openai_api_key: str
    openai_realtime_url: str
    openai_realtime_model: str
    openai_auth_header: Literal["authorization", "api-key"]  # Bearer (OpenAI) or Azure's
    openai_voice: str
    openai_transcription_model: str  # "" for none
    openai_reasoning_effort: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_number: str
    twilio_api_url: str
    google_calendar_api_url: str
    google_service_account_json: str
    smtp_server: SmtpServer | None  # None: no mail is sent
    mail_from: MailAddress | None  # there when `smtp_server` is
    business_file: Path
    instructions_file: Path
    lines_file: Path
    open_model_early: bool
    max_calls: int
    max_calls_per_hour: int  # of one number
    max_call_minutes: int
    max_dollars_per_call: int  # 0: no limit
    max_dollars_per_day: int  # 0: no limit
    store_transcripts: bool
    retention_days: int
    allow_temporary_sqlite: bool
    on_dyno: bool
    log_format: str  # "json", "console" or "auto"
    log_level: str


class Setting(msgspec.Struct, frozen=True):
    """One variable of the environment, as shown to people."""

    name: str
    default: str | None  # None: must be given
    meaning: str


SETTINGS = (
    Setting("PORT", "5000", "port to listen on"),
    Setting("PUBLIC_BASE_URL", None, "where Twilio reaches this server, e.g. https://voice.example.com"),
    Setting("DATABASE_URL", "sqlite:///callbridge.db", "sqlite:///FILE or postgres://…"),
    Setting("OPENAI_API_KEY", None, "the key of the OpenAI project (or Azure resource)"),
    Setting("OPENAI_REALTIME_URL", "wss://api.openai.com/v1/realtime", "Realtime address; Azure has its own"),
    Setting("OPENAI_REALTIME_MODEL", "gpt-realtime-2.1", "Realtime model, or Azure deployment"),
    Setting("OPENAI_AUTH_HEADER", "authorization", "authorization (OpenAI) or api-key (Azure)"),
    Setting("OPENAI_VOICE", "marin", "voice of the agent: " + ", ".join(VOICES)),
    Setting("OPENAI_TRANSCRIPTION_MODEL", "gpt-transcribe", "writes down the caller; empty for none"),
    Setting("OPENAI_REASONING_EFFORT", "low", "how long the model thinks: " + ", ".join(EFFORTS)),
    Setting("TWILIO_ACCOUNT_SID", None, "the account sid, AC…"),
    Setting("TWILIO_AUTH_TOKEN", None, "the primary auth token: signatures are checked with it"),
    Setting("TWILIO_NUMBER", None, "the number callers dial and texts come from, e.g. +12025550100"),
    Setting("TWILIO_API_URL", "https://api.twilio.com", "REST endpoint of Twilio"),
    Setting(
        "GOOGLE_CALENDAR_API_URL",
        "https://www.googleapis.com/calendar/v3/",
        "Calendar endpoint, with its path",
    ),
    Setting(
        "GOOGLE_SERVICE_ACCOUNT_JSON",
        None,
        "the service account's key: the JSON, base64 of it, or a file; none: nothing is booked",
    ),
    Setting("SMTP_URL", "", "mail server: smtp://USER:PASSWORD@HOST:587 or smtps://…:465; empty: no mail"),
    Setting("MAIL_FROM", "", "from whom mail comes, when SMTP_URL is set"),
    Setting("BUSINESS_FILE", "prompts/business.toml", "the owner's facts"),
    Setting("INSTRUCTIONS_FILE", "prompts/receptionist.md", "what the agent is told"),
    Setting("LINES_FILE", "prompts/lines.toml", "short lines said without the model; their sound in lines/"),
    Setting(
        "OPEN_MODEL_EARLY", "yes", "open the model's session when a call comes in, not when its sound does"
    ),
    Setting("MAX_CALLS", "40", "calls at once, of all workers; the next caller is put through to a person"),
    Setting("MAX_CALLS_PER_HOUR", "10", "calls of one number in an hour; a further one goes to a person"),
    Setting("MAX_CALL_MINUTES", "20", "longest call; a minute before the end the caller is told"),
    Setting("MAX_DOLLARS_PER_CALL", "10", "what the model may cost in one call; 0: no limit"),
    Setting(
        "MAX_DOLLARS_PER_DAY", "200", "what it may cost in a day; then calls go to a person; 0: no limit"
    ),
    Setting("STORE_TRANSCRIPTS", "yes", "keep what was said: yes or no"),
    Setting("RETENTION_DAYS", "30", "days after which transcripts, texts and messages are deleted"),
    Setting("ALLOW_TEMPORARY_SQLITE", "no", "yes: run on SQLite where the disk is wiped (DYNO is set)"),
    Setting("LOG_FORMAT", "auto", "json, console, or auto: colours in a terminal, JSON elsewhere"),
    Setting("LOG_LEVEL", "info", "debug, info, warning or error"),
)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables. Raises SettingsError naming every problem."""
    reader = _Reader(environment)
    settings = Settings(
        port=reader.number("PORT", 0, 65535),
        public_base_url=reader.public_url("PUBLIC_BASE_URL"),
        database_url=reader.database_url("DATABASE_URL"),
        openai_api_key=reader.text("OPENAI_API_KEY"),
        openai_realtime_url=reader.url("OPENAI_REALTIME_URL", "wss", "ws"),
        openai_realtime_model=reader.text("OPENAI_REALTIME_MODEL"),
        openai_auth_header="api-key"
        if reader.one_of("OPENAI_AUTH_HEADER", "authorization", "api-key") == "api-key"
        else "authorization",
        openai_voice=reader.voice("OPENAI_VOICE"),
        openai_transcription_model=reader.text("OPENAI_TRANSCRIPTION_MODEL", may_be_empty=True),
        openai_reasoning_effort=reader.one_of("OPENAI_REASONING_EFFORT", *EFFORTS),
        twilio_account_sid=reader.account_sid("TWILIO_ACCOUNT_SID"),
        twilio_auth_token=reader.text("TWILIO_AUTH_TOKEN"),
        twilio_number=reader.phone("TWILIO_NUMBER"),
        twilio_api_url=reader.url("TWILIO_API_URL", "https", "http"),
        google_calendar_api_url=reader.url("GOOGLE_CALENDAR_API_URL", "https", "http"),
        google_service_account_json=reader.text("GOOGLE_SERVICE_ACCOUNT_JSON"),
        smtp_server=reader.smtp_server("SMTP_URL"),
        mail_from=reader.mail_from("MAIL_FROM", needed_by="SMTP_URL"),
        business_file=reader.file("BUSINESS_FILE"),
        instructions_file=reader.file("INSTRUCTIONS_FILE"),
        lines_file=reader.file("LINES_FILE"),
        open_model_early=reader.yes_no("OPEN_MODEL_EARLY"),
        max_calls=reader.number("MAX_CALLS", 1, 10_000),
        max_calls_per_hour=reader.number("MAX_CALLS_PER_HOUR", 1, 10_000),
        max_call_minutes=reader.number("MAX_CALL_MINUTES", 2, 600),
        max_dollars_per_call=reader.number("MAX_DOLLARS_PER_CALL", 0, 10_000),
        max_dollars_per_day=reader.number("MAX_DOLLARS_PER_DAY", 0, 1_000_000),
        store_transcripts=reader.yes_no("STORE_TRANSCRIPTS"),
        retention_days=reader.number("RETENTION_DAYS", 1, 3650),
        allow_temporary_sqlite=reader.yes_no("ALLOW_TEMPORARY_SQLITE"),
        on_dyno="DYNO" in environment,
        log_format=reader.one_of("LOG_FORMAT", "auto", "json", "console"),
        log_level=reader.one_of("LOG_LEVEL", "debug", "info", "warning", "error"),
    )
    if reader.problems:
        raise SettingsError(
            "\n".join(
                ["Settings are missing or wrong (see .env.example):"]
                + [f"  {problem}" for problem in reader.problems]
            )
        )
    return settings


class _Reader:
    """Reads one value each, and collects what is wrong instead of stopping."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self._environment = environment
        self._known = {setting.name: setting for setting in SETTINGS}

    def text(self, name: str, *, may_be_empty: bool = False) -> str:
        setting = self._known[name]
        value = self._environment.get(name)
        if value is None:
            value = setting.default
        value = value.strip() if value is not None else ""
        if not value and not may_be_empty:
            self.problems.append(f"{name}: not set; it is {setting.meaning}")
        return value

    def number(self, name: str, low: int, high: int) -> int:
        value = self.text(name)
        if value.isascii() and value.isdigit() and low <= int(value[:12]) <= high:
            return int(value)
        return self._wrong(name, value, f"a whole number from {low} to {high}", low)

    def one_of(self, name: str, *choices: str) -> str:
        value = self.text(name).lower()
        return value if value in choices else self._wrong(name, value, "one of " + ", ".join(choices), "")

    def voice(self, name: str) -> str:
        value = self.text(name)
        if value in VOICES or value.startswith("voice_"):
            return value
        return self._wrong(name, value, f"one of {', '.join(VOICES)}, or a custom voice_…", "")

    def yes_no(self, name: str) -> bool:
        value = self.text(name).lower()
        if value in ("yes", "true", "1", "on"):
            return True
        if value in ("no", "false", "0", "off"):
            return False
        return self._wrong(name, value, "yes or no", False)

    def url(self, name: str, safe_scheme: str, local_scheme: str) -> str:
        value = self.text(name)
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return self._wrong(name, value, f"a {safe_scheme}:// address", "")
        local = parts.scheme == local_scheme and is_loopback(host)
        if not host or not (parts.scheme == safe_scheme or local):
            expected = f"a {safe_scheme}:// address ({local_scheme}:// only to this machine)"
            return self._wrong(name, value, expected, "")
        return value

    def public_url(self, name: str) -> str:
        value = self.url(name, "https", "http").rstrip("/")
        parts = urlsplit(value)
        if value and (parts.path or parts.query or parts.fragment or parts.username):
            return self._wrong(name, value, "https://HOST with nothing behind it", "")
        if value and parts.port is not None and parts.scheme == "https":
            # Twilio signs voice requests without the port, so a port here makes every signature fail.
            return self._wrong(name, value, "https://HOST without a port", "")
        return value

    def database_url(self, name: str) -> str:
        value = self.text(name)
        if value.split(":", 1)[0] in ("sqlite", "postgres", "postgresql"):
            return value
        return self._wrong(name, value, "sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME", "")

    def smtp_server(self, name: str) -> SmtpServer | None:
        value = self.text(name, may_be_empty=True)
        try:
            return read_smtp_url(value) if value else None
        except SmtpUrlError as error:
            return self._wrong(name, value, str(error), None)

    def mail_from(self, name: str, *, needed_by: str) -> MailAddress | None:
        value = self.text(name, may_be_empty=not self.text(needed_by, may_be_empty=True))
        try:
            return read_mail_from(value) if value else None
        except SmtpUrlError as error:
            return self._wrong(name, value, str(error), None)

    def account_sid(self, name: str) -> str:
        value = self.text(name)
        if len(value) == 34 and value.startswith("AC"):
            return value
        return self._wrong(name, value, "AC and 32 characters, from Twilio's console", "")

    def phone(self, name: str) -> str:
        value = self.text(name)
        if value[:1] == "+" and value[1:].isascii() and value[1:].isdigit() and 8 <= len(value) <= 16:
            return value
        return self._wrong(name, value, "a number like +12025550100", "")

    def file(self, name: str) -> Path:
        value = self.text(name)
        path = ROOT / value  # an absolute path stays as it is
        return path if path.is_file() else self._wrong(name, value, "the path of a file that exists", path)

    def _wrong(self, name: str, value: str, expected: str, instead: T) -> T:
        if value:  # an empty one has been named already
            # An address may carry a password.
            secret = (
                any(word in name for word in ("KEY", "TOKEN", "JSON", "DATABASE", "SMTP")) or "@" in value
            )
            self.problems.append(f"{name}: expected {expected}" + ("" if secret else f", not {value!r}"))
        return instead
