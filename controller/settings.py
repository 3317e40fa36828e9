"""The controller's settings: environment variables, one group each, validated at start and all at once.

``Settings.load()`` reads the real environment and, behind it, an uncommitted ``.env.local``; a secret may also stand in a file that
``<NAME>_FILE`` names. ``.env.example`` lists every variable; a test keeps the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from agent.cost import Prices
from controller.board.trouble import Limits
from controller.default_secrets import Environment, objection
from controller.hours import ZONE, Hours, HoursError
from controller.journal.partitions import Retention
from controller.secret_files import is_secret
from controller.settings_base import (
    DOTENV,
    Days,
    Dollars,
    Group,
    HostAndPort,
    Port,
    Problem,
    Seconds,
    Secret,
    ServerSettings,
    SettingsError,
    WebAddress,
    libpq_address,
    load_group,
    scheme,
)

LIST_PRICES = Prices()
TROUBLE = Limits()
RETENTION = Retention()


class EnvironmentSettings(Group, env_prefix=""):
    """What kind of place this is: what would be a danger in production is refused there."""

    environment: Environment = "production"


class AudioSocketSettings(Group, env_prefix="AUDIOSOCKET_"):
    host: str = "127.0.0.1"
    port: Port = 9092
    advertised: HostAndPort = ""
    max_connections: int = Field(default=300, ge=1, le=10_000)

    def address(self, port: int) -> str:
        """Where Asterisk dials; *port* is the one we really listen on."""
        return self.advertised or f"{self.host}:{port}"

    def problems(self) -> list[Problem]:
        if self.host in ("0.0.0.0", "::") and not self.advertised:  # noqa: S104 - compared, not bound
            return [
                Problem(
                    "AUDIOSOCKET_ADVERTISED", f"is needed with AUDIOSOCKET_HOST={self.host}: the host:port at which Asterisk reaches us"
                )
            ]
        return []


class SttSettings(Group, env_prefix="STT_"):
    endpoint: HostAndPort = ""
    project: str = ""
    location: str = "eu"
    model: str = "chirp_3"
    languages: Annotated[tuple[str, ...], NoDecode, Field(min_length=1)] = ("uk-UA", "ru-RU")

    @field_validator("languages", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def problems(self) -> list[Problem]:
        if not self.endpoint and not self.project:
            return [
                Problem("STT_PROJECT", "is not set: the Google Cloud project that pays for recognition (or STT_ENDPOINT for a stand-in)")
            ]
        return []


class TtsSettings(Group, env_prefix="TTS_"):
    endpoint: HostAndPort = ""
    voice: str = "uk-UA-Chirp3-HD-Aoede"


class GoogleSettings(Group, env_prefix="GOOGLE_"):
    application_credentials: Path | None = None

    def problems(self) -> list[Problem]:
        if self.application_credentials and not self.application_credentials.is_file():
            return [Problem("GOOGLE_APPLICATION_CREDENTIALS", f"names a file that is not there: {self.application_credentials}")]
        return []


class AnthropicSettings(Group, env_prefix="ANTHROPIC_"):
    api_key: Secret = Field(description="the key of the Anthropic account; any text with a stand-in")
    base_url: WebAddress = "https://api.anthropic.com"
    model: str = "claude-haiku-5-5"
    max_tokens: int = Field(default=500, ge=16, le=8192)
    requests_per_minute: int = Field(default=600, ge=1, le=100_000)
    context_tokens: int = Field(default=6_000, ge=1_000, le=100_000)


class PricesSettings(Group, env_prefix="PRICES_"):
    """US dollars; the defaults are ``agent.cost``'s list prices."""

    model_input_per_mtok: Dollars = LIST_PRICES.model_input_per_mtok
    model_output_per_mtok: Dollars = LIST_PRICES.model_output_per_mtok
    model_cache_write_per_mtok: Dollars = LIST_PRICES.model_cache_write_per_mtok
    model_cache_read_per_mtok: Dollars = LIST_PRICES.model_cache_read_per_mtok
    stt_per_minute: Dollars = LIST_PRICES.stt_per_minute
    tts_per_mchar: Dollars = LIST_PRICES.tts_per_mchar

    @property
    def prices(self) -> Prices:
        return Prices(**self.model_dump())


class ShopSettings(Group, env_prefix="SHOP_"):
    base_url: WebAddress = Field(description="the shop's API with its version, https://shop.example/api/v1")
    api_key: Secret = Field(description="the key that the shop gave us")
    timeout_s: Seconds = 5.0


class DatabaseSettings(ServerSettings, env_prefix="DATABASE_"):
    url: Annotated[Secret, scheme("postgresql", "postgres"), AfterValidator(libpq_address)] = Field(
        description="postgresql://user:password@host:5432/database, or without the password and that in DATABASE_PASSWORD"
    )


class RedisSettings(ServerSettings, env_prefix="REDIS_"):
    url: Annotated[Secret, scheme("redis", "rediss", "unix")] = SecretStr("redis://127.0.0.1:6379/0")


class AriSettings(Group, env_prefix="ARI_"):
    url: WebAddress = "http://127.0.0.1:8088"
    username: str = "callctl"
    password: Secret = Field(description="the ARI user's, as in Asterisk's ari.conf")
    app: str = Field(default="callctl", pattern=r"^[A-Za-z0-9_-]+$")
    front_app: str = Field(default="callctl", pattern=r"^[A-Za-z0-9_-]+$")


class CallSettings(Group, env_prefix="CALLS_"):
    max: int = Field(default=50, ge=1, le=5_000)
    max_length_s: Seconds = 1_800.0
    silence_s: Seconds = 10.0
    transfer_timeout_s: Seconds = 60.0
    queues: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")], ...], NoDecode, Field(min_length=1)] = ("operators",)
    warm_transfer: bool = True
    listeners_max: int = Field(default=20, ge=1, le=1_000)
    outbound: str = Field(default="", pattern=r"^$|^[A-Za-z0-9]+/[\w.@:+-]*\{number\}[\w.@:+-]*$")
    drain_s: Seconds = 60.0

    @field_validator("queues", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class DeskSettings(Group, env_prefix=""):
    """When operators are at work."""

    hours: str = ""
    hours_closed: str = ""
    hours_zone: str = ZONE

    @property
    def parsed(self) -> Hours:
        return Hours.parse(self.hours, self.hours_closed, self.hours_zone)

    def problems(self) -> list[Problem]:
        """Each alone, so that the one that is wrong is named."""
        found = []
        for variable, tried in (
            ("HOURS", (self.hours, "", ZONE)),
            ("HOURS_CLOSED", ("", self.hours_closed, ZONE)),
            ("HOURS_ZONE", ("", "", self.hours_zone)),
        ):
            try:
                Hours.parse(*tried)
            except HoursError as error:
                found.append(Problem(variable, f"is not understood: {error}"))
        return found


class JournalSettings(Group, env_prefix="JOURNAL_"):
    directory: Path = Path("var/journal")


class RetentionSettings(Group, env_prefix="RETENTION_"):
    """The defaults are ``journal.partitions``'."""

    transcripts_days: Days = RETENTION.transcripts.days
    calls_days: Days = RETENTION.calls.days

    @property
    def retention(self) -> Retention:
        return Retention(transcripts=timedelta(days=self.transcripts_days), calls=timedelta(days=self.calls_days))

    def problems(self) -> list[Problem]:
        if self.calls_days < self.transcripts_days:
            what = f"is {self.calls_days}, less than RETENTION_TRANSCRIPTS_DAYS={self.transcripts_days}: a talk would outlive its call"
            return [Problem("RETENTION_CALLS_DAYS", what)]
        return []


class WorkerSettings(Group, env_prefix="WORKER_"):
    """The controller's own processes (``controller.watchdog``)."""

    standby: bool = True
    hung_after_s: Annotated[float, Field(ge=0.3, le=60)] = 0.75  # three beats at least


class ApiSettings(Group, env_prefix="API_"):
    host: str = "127.0.0.1"
    port: Port = 8080
    proxy: str = Field(default="", pattern=r"^[0-9A-Fa-f.:/, ]*$")
    public_url: str = Field(default="", pattern=r"^$|^https?://[^\s/@]+$")
    rate_per_minute: int = Field(default=600, ge=10, le=100_000)
    failures_per_minute: int = Field(default=20, ge=1, le=10_000)

    @property
    def address(self) -> str:
        """Where a browser finds us: as was said, else on this machine."""
        if self.public_url:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - looked up, not bound
        return f"http://{host}:{self.port}"


class BoardSettings(Group, env_prefix="BOARD_"):
    readers_max: int = Field(default=200, ge=1, le=10_000)


class TroubleSettings(Group, env_prefix="TROUBLE_"):
    """The defaults are ``board.trouble``'s."""

    asked_human: int = Field(default=TROUBLE.asked_human, ge=1, le=100)
    asked_human_s: Seconds = TROUBLE.asked_human_s
    dead_air_s: Seconds = TROUBLE.dead_air_s
    dead_air_alarm_s: Seconds = TROUBLE.dead_air_alarm_s
    slow_ms: int = Field(default=TROUBLE.slow_ms, ge=100, le=60_000)
    slow_replies: int = Field(default=TROUBLE.slow_replies, ge=1, le=100)
    queue_wait_s: Seconds = TROUBLE.queue_wait_s
    queue_wait_alarm_s: Seconds = TROUBLE.queue_wait_alarm_s
    repeats: int = Field(default=TROUBLE.repeats, ge=1, le=5)
    interrupts: int = Field(default=TROUBLE.interrupts, ge=1, le=5)
    tools_failed: int = Field(default=TROUBLE.tools_failed, ge=1, le=100)
    audio_percent: int = Field(default=TROUBLE.audio_percent, ge=1, le=100)
    linger_s: Seconds = TROUBLE.linger_s

    @property
    def limits(self) -> Limits:
        return Limits(**self.model_dump())


class WebCallsSettings(Group, env_prefix="WEB_CALLS_"):
    """Calls from the browser (``controller.web_calls``)."""

    enabled: bool = False
    max: int = Field(default=5, ge=1, le=1_000)
    per_minute: int = Field(default=6, ge=1, le=1_000)
    proxy_address: str = "127.0.0.2"
    media_address: str = ""


class LogSettings(Group, env_prefix="LOG_"):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "console"] = "json"

    @field_validator("level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    place: EnvironmentSettings
    audiosocket: AudioSocketSettings
    stt: SttSettings
    tts: TtsSettings
    google: GoogleSettings
    anthropic: AnthropicSettings
    prices: PricesSettings
    shop: ShopSettings
    database: DatabaseSettings
    redis: RedisSettings
    ari: AriSettings
    calls: CallSettings
    desk: DeskSettings
    journal: JournalSettings
    retention: RetentionSettings
    api: ApiSettings
    board: BoardSettings
    trouble: TroubleSettings
    web_calls: WebCallsSettings
    log: LogSettings
    worker: WorkerSettings

    @classmethod
    def load(cls, dotenv: Path | None = DOTENV) -> Self:
        """Raises SettingsError with every problem of every group."""
        groups: dict[str, Group] = {}
        problems: list[Problem] = []
        for name, group in GROUPS.items():
            try:
                groups[name] = load_group(group, dotenv)
            except SettingsError as error:
                problems += error.problems
        if problems:
            raise SettingsError(problems)
        settings = cls(**groups)  # type: ignore[arg-type]  # each group under its own name
        if settings.audiosocket.max_connections < settings.calls.max:
            what = f"is {settings.audiosocket.max_connections}, too few for CALLS_MAX={settings.calls.max}: each call has a connection"
            raise SettingsError([Problem("AUDIOSOCKET_MAX_CONNECTIONS", what)])
        if problems := _default_secrets(settings):
            raise SettingsError(problems)
        return settings


GROUPS: dict[str, type[Group]] = {
    "place": EnvironmentSettings,
    "audiosocket": AudioSocketSettings,
    "stt": SttSettings,
    "tts": TtsSettings,
    "google": GoogleSettings,
    "anthropic": AnthropicSettings,
    "prices": PricesSettings,
    "shop": ShopSettings,
    "database": DatabaseSettings,
    "redis": RedisSettings,
    "ari": AriSettings,
    "calls": CallSettings,
    "desk": DeskSettings,
    "journal": JournalSettings,
    "retention": RetentionSettings,
    "api": ApiSettings,
    "board": BoardSettings,
    "trouble": TroubleSettings,
    "web_calls": WebCallsSettings,
    "log": LogSettings,
    "worker": WorkerSettings,
}
assert list(GROUPS) == [field.name for field in fields(Settings)]


def variables() -> dict[str, Any]:
    """Every variable and its default; ``None`` where a value must be given."""
    return {
        f"{group.model_config['env_prefix']}{name}".upper(): None if field.is_required() else field.default
        for group in GROUPS.values()
        for name, field in group.model_fields.items()
    }


def _default_secrets(settings: Settings) -> list[Problem]:
    problems = []
    for name, group in GROUPS.items():
        loaded = getattr(settings, name)
        for field, info in group.model_fields.items():
            if not is_secret(info):
                continue
            value = getattr(loaded, field).get_secret_value()
            secret = unquote(urlsplit(value).password or "") if field == "url" else value
            if secret and (why := objection(secret, settings.place.environment)):
                problems.append(Problem(f"{group.model_config['env_prefix']}{field}".upper(), why))
    return problems
