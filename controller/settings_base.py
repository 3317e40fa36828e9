"""What the groups of settings have in common: where values come from, the kinds of values, and how what is wrong is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from controller.secret_files import SecretFileError, SecretFiles, is_secret

DOTENV = Path(".env.local")
GroupT = TypeVar("GroupT", bound="Group")


@dataclass(frozen=True, slots=True)
class Problem:
    variable: str
    what: str

    def __str__(self) -> str:
        return f"{self.variable} {self.what}"


class SettingsError(Exception):
    """Everything that is missing or wrong, one ``Problem`` each; the text is for the person who starts us."""

    def __init__(self, problems: list[Problem]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"The settings are not complete:\n{lines}\nSet them in the environment or in {DOTENV}; .env.example explains each."
        )
        self.problems = problems


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", value):
        raise ValueError("must be an address like http://127.0.0.1:8088, without a password in it")
    return value.rstrip("/")


def _host_and_port(value: str) -> str:
    if value and not re.fullmatch(r"[^\s:/]+:\d{1,5}", value):
        raise ValueError("must be host:port, such as 10.0.0.5:9092")
    return value


def scheme(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(tuple(f"{one}://" for one in schemes)):
            raise ValueError(f"must begin with {schemes[0]}://")
        return value

    return AfterValidator(check)


def libpq_address(value: SecretStr) -> SecretStr:
    """libpq's own complaints quote the password, so none of them may be made later."""
    try:
        host = conninfo_to_dict(value.get_secret_value()).get("host")
    except psycopg.Error:
        host = "@"
    if "@" in str(host):
        raise ValueError("is no address that PostgreSQL understands; in a password, write @ as %40, / as %2F, % as %25")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
HostAndPort = Annotated[str, AfterValidator(_host_and_port)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Port = Annotated[int, Field(ge=0, le=65535)]
Dollars = Annotated[float, Field(ge=0, le=10_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Days = Annotated[int, Field(ge=1, le=3_650)]


class Group(BaseSettings):
    """Base of the groups. An empty variable counts as not set."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where values come from, the strongest first; the last one is pydantic's own reading of a folder, which we do not use."""
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(dotenv_settings, DotEnvSettingsSource)
        files = SecretFiles(settings_cls, {**dotenv_settings.env_vars, **env_settings.env_vars})
        return init_settings, files, env_settings, dotenv_settings

    def problems(self) -> list[Problem]:
        """What is wrong only in combination."""
        return []


class ServerSettings(Group):
    """A server with an address whose password may stand apart, so that the address need not be a secret."""

    url: SecretStr
    password: SecretStr = SecretStr("")

    @model_validator(mode="before")
    @classmethod
    def _password_into_url(cls, given: dict[str, Any]) -> dict[str, Any]:
        url, password = (_plain(given.get(name) or cls.model_fields[name].default) for name in ("url", "password"))
        parts = urlsplit(url) if url and password else None
        if parts is None or parts.password or not parts.hostname:
            return given
        user, _, host = parts.netloc.rpartition("@")
        return {**given, "url": parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()}

    def problems(self) -> list[Problem]:
        password, prefix = self.password.get_secret_value(), self.model_config["env_prefix"]
        if password and unquote(urlsplit(self.url.get_secret_value()).password or "") != password:
            return [Problem(f"{prefix}PASSWORD", f"is set, and {prefix}URL holds another one or has no place for it")]
        return []


def load_group(group: type[GroupT], dotenv: Path | None = DOTENV) -> GroupT:
    """One group alone, for commands that need no more; raises SettingsError."""
    try:
        loaded = group(_env_file=dotenv)  # type: ignore[call-arg]  # known to pydantic-settings only
    except ValidationError as error:
        raise SettingsError(_in_words(group, error)) from None
    except SecretFileError as error:
        raise SettingsError([Problem(error.variable, error.what)]) from None
    if problems := loaded.problems():
        raise SettingsError(problems)
    return loaded


def _plain(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value if isinstance(value, str) else ""


def _in_words(group: type[Group], error: ValidationError) -> list[Problem]:
    problems = []
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0])
        variable = f"{group.model_config['env_prefix']}{name}".upper()
        if detail["type"] == "missing":
            problems.append(Problem(variable, f"is not set: {group.model_fields[name].description}"))
            continue
        found = "has a value that does not fit" if is_secret(group.model_fields[name]) else f"is {detail['input']!r}"
        problems.append(Problem(variable, f"{found}: {detail['msg'].removeprefix('Value error, ')}"))
    return problems
