from __future__ import annotations

import pytest

from tests.unit.monitoring.exposed import Series, exposed


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    return exposed(tmp_path_factory.mktemp("journal"))
