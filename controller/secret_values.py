"""Which settings are secrets: what masking hides in logs and answers."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from controller.settings import Settings


def secrets_of(settings: Settings) -> list[str]:
    """Every value that must not be readable anywhere; a password in an address also by itself, as messages of libraries quote it."""
    urls = [settings.database.url.get_secret_value(), settings.redis.url.get_secret_value()]
    passwords = [password for url in urls if (password := urlsplit(url).password)]
    return [
        settings.anthropic.api_key.get_secret_value(),
        settings.shop.api_key.get_secret_value(),
        settings.ari.password.get_secret_value(),
        *urls,
        *passwords,
        *map(unquote, passwords),
    ]
