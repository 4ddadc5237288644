"""What one running central is told.  docs/central.md says the same of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from central.clock import Clock, SystemClock


@dataclass(frozen=True)
class Settings:
    """``data`` holds the databases and keys; ``public_url`` is what a phone reaches, without a path.

    ``database_url`` None is the embedded SQLite.  ``township`` people are made once, in an empty database.
    ``sweep_interval_s`` 0 starts no background sweep (tests call it by hand).
    """

    data: Path
    public_url: str = "http://127.0.0.1:8080"
    database_url: str | None = None
    sandbox: bool = False
    township: int = 0
    seed: int = 7
    city: str = "wendeng"
    area_code: str = "371081"
    sweep_interval_s: float = 1.0
    clock: Clock = field(default_factory=SystemClock)
