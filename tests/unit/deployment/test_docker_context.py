"""What goes into images: nothing that may hold a secret."""

from __future__ import annotations

from tests.unit.deployment.compose import ROOT


def test_what_may_hold_secrets_is_left_out_after_everything_that_is_let_in() -> None:
    """The last line that fits a path decides; see ``tests/staging/test_isolation.py`` for the images themselves."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*", "what is not named is left out"
    let_in = max(number for number, line in enumerate(lines) if line.startswith("!"))
    for secret in ("ops/staging/vendor-secrets", "**/secrets", "**/.env*", "**/*.key", "**/*.pem"):
        assert lines.index(secret) > let_in, secret
