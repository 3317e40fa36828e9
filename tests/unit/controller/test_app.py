"""What a controller does about its memory before it serves."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from controller.app import _freeze


@pytest.fixture
def as_before() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.usefixtures("as_before")
def test_garbage_that_was_let_lie_during_the_import_is_collected_from_then_on() -> None:
    gc.disable()
    _freeze()
    assert gc.isenabled()
