"""One central for all flow tests; a kiosk of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.server import Running, running
from central.settings import Settings
from tests.kiosk.qualifying import Township
from tests.visitor import Visitor, owing

MONDAY_MS = 1_795_397_160_000  # 2026-11-23 09:26 in Wendeng


class FixedClock:
    """Central's time, so that what is due does not depend on the day the tests run."""

    def __init__(self) -> None:
        self.ms = MONDAY_MS

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms


@pytest.fixture(scope="session")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("central")
    settings = Settings(data, sandbox=True, township=1500, seed=11, sweep_interval_s=0, clock=FixedClock())
    with running(settings) as service:
        yield service


@pytest.fixture(scope="session")
def people(central: Running) -> Iterator[dict[str, Any]]:
    return owing(central)


@pytest.fixture(scope="session")
def folks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Township]:
    """For the yearly check: a central that goes by the machine's own clock."""
    settings = Settings(
        tmp_path_factory.mktemp("checks"), sandbox=True, township=1100, seed=11, sweep_interval_s=0
    )
    with running(settings) as service:
        yield Township(service)


@pytest.fixture
def kiosk_for_checks(folks: Township, tmp_path: Path) -> Iterator[Visitor]:
    kiosk = Visitor(folks.central, tmp_path, iter(()))
    yield kiosk
    kiosk.stop()


@pytest.fixture
def visitor(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[Visitor]:
    kiosk = Visitor(central, tmp_path, people)
    yield kiosk
    kiosk.stop()


@pytest.fixture
def kiosks(central: Running, people: Iterator[dict[str, Any]], tmp_path: Path) -> Iterator[list[Visitor]]:
    """A, B and C, in three villages."""
    made = []
    for name in ("WD001", "WD002", "WD003"):
        (tmp_path / name).mkdir()
        made.append(Visitor(central, tmp_path / name, people, name))
    yield made
    for kiosk in made:
        kiosk.stop()
