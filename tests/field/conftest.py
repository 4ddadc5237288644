"""A tablet's own parts on a disk of its own, and a central far away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.field.api import FieldApi
from tests.field.far_central import FarCentral, WallClock, serving


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture
def far(clock: WallClock) -> Iterator[FarCentral]:
    with serving(FarCentral(clock)) as far:
        yield far


@pytest.fixture
def api(far: FarCentral) -> Iterator[FieldApi]:
    with far.api() as api:
        yield api


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"
