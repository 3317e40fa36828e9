"""Where the stack is that is seeded. DATABASE_* and SHOP_* are the controller's settings, SEED_* our own.

The defaults are the names in docker-compose.staging.yml. A control address "none" means: the service is a real one, leave it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr

from controller.settings import DatabaseSettings, EnvironmentSettings, ShopSettings
from controller.settings_base import Group, HostAndPort, WebAddress, load_group

Service = Literal["shop", "google_stt", "google_tts", "anthropic"]


NONE = "none"


def _address_or_empty(value: str) -> str:
    return "" if value == NONE else value.rstrip("/")


Control = Annotated[str, Field(pattern=rf"^{NONE}$|^https?://[^\s/@]+/?$"), AfterValidator(_address_or_empty)]


class SeedSettings(Group, env_prefix="SEED_"):
    sip: HostAndPort = "asterisk:5060"
    extension: str = "100"
    controller_url: WebAddress = "http://controller:8080"
    shop_control: Control = "http://shop:8080"
    stt_control: Control = "http://google-stt:8081"
    tts_control: Control = "http://google-tts:8081"
    model_control: Control = "http://anthropic:8080"
    operator_password: SecretStr = SecretStr("")  # of the account op1; empty: no operator answers
    calls_at_once: int = Field(default=3, ge=1, le=10)
    number: int = 1  # another one gives another past

    def control(self, service: Service) -> str:
        """The address of a stand-in's control endpoint; empty: there is none."""
        by_service: dict[Service, str] = {
            "shop": self.shop_control,
            "google_stt": self.stt_control,
            "google_tts": self.tts_control,
            "anthropic": self.model_control,
        }
        return by_service[service]

    @property
    def asterisk(self) -> tuple[str, int]:
        host, _, port = self.sip.rpartition(":")
        return host, int(port)


@dataclass(frozen=True, slots=True)
class Target:
    environment: str
    dsn: str
    shop: ShopSettings
    seed: SeedSettings

    @classmethod
    def load(cls) -> Self:
        """Raises ``SettingsError``."""
        return cls(
            load_group(EnvironmentSettings).environment,
            load_group(DatabaseSettings).url.get_secret_value(),
            load_group(ShopSettings),
            load_group(SeedSettings),
        )
