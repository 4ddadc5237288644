"""What one running central is told.  docs/central.md says the same of the command line."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from central.clock import Clock, SystemClock

PATHS = ("merchant_key", "platform_key", "notice_key", "ca_file")


@dataclass(frozen=True)
class GatewaySettings:
    """One merchant at one gateway.  Keys are named files, never values; docs/central.md says what each line is.

    ``profile`` names the rules (central/gateway_profile.py); the three figures replace the profile's where a contract
    says otherwise.  ``address`` is scheme, host and port.  ``notice_key`` holds the 32 bytes notices are sealed with.
    """

    profile: str
    address: str
    mchid: str
    appid: str
    merchant_serial: str
    merchant_key: Path
    platform_serial: str
    platform_key: Path
    notice_key: Path
    ca_file: Path | None = None
    connect_timeout_s: float = 3.0
    answer_timeout_s: float = 10.0
    close_after_s: float | None = None
    reverse_after_s: float | None = None
    scan_poll_s: float | None = None

    @classmethod
    def read(cls, path: Path) -> GatewaySettings:
        """Reads a TOML file; names of keys are relative to it.  Raises ValueError for what it cannot use."""
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        if unknown := told.keys() - {each.name for each in fields(cls)}:
            raise ValueError(f"{path.name}: unknown {', '.join(sorted(unknown))}")
        files = {name: path.parent / told[name] for name in PATHS if name in told}
        try:
            return cls(**{**told, **files})
        except TypeError as error:
            raise ValueError(f"{path.name}: {error}") from None


@dataclass(frozen=True)
class Settings:
    """``data`` holds the databases and keys; ``public_url`` is what a phone reaches, without a path.

    ``database_url`` None is the embedded SQLite.  ``township`` people are made once, in an empty database.
    ``sweep_interval_s`` 0: nothing happens in the background, neither sweeps nor what a notice sets off (tests do both by hand).
    ``sandbox`` adds ``kiosks`` trial kiosks, ``tablets`` trial tablets with visits to make,
    pages, and a trial gateway inside unless ``gateway`` names another.
    ``notify_url`` is where that gateway sends its notices; empty: ``public_url`` and /gateway/notify.
    ``face_limits`` is a folder of signed limits, read with ``face_limits_key``; ``start_limits``: the program's own hold beside them.
    ``payee`` is who a payer reads is paid.
    """

    data: Path
    public_url: str = "http://127.0.0.1:8080"
    database_url: str | None = None
    sandbox: bool = False
    gateway: GatewaySettings | None = None
    notify_url: str = ""
    kiosks: int = 3
    tablets: int = 0
    township: int = 0
    seed: int = 7
    payee: str = "威海市文登区社会保险征缴（演示）"
    city: str = "wendeng"
    area_code: str = "371081"
    face_limits: Path | None = None
    face_limits_key: str = ""
    start_limits: bool = True
    sweep_interval_s: float = 1.0
    clock: Clock = field(default_factory=SystemClock)
