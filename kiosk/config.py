"""One TOML file.  An unknown key, a wrong type or a value out of range refuses to start.

docs/config.md describes every key; a test compares.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from devices.idcard_profiles import PROFILES as READERS
from devices.printer_profiles import PROFILES as PRINTERS
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from devices import idcard_profiles, printer_profiles

Seconds = Annotated[float, Field(gt=0, le=3600)]
Baud = Literal[9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]


class ConfigError(Exception):
    """The file cannot be used.  The message names file, key and reason for a technician."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(Section):
    """[site]: what the header and the receipts say."""

    kiosk_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]
    place: str
    machine: str = "01号机"
    hotline: str = "12333"
    hours: str = "工作日 8:00–11:30、13:30–17:00"
    helper: str = ""


class Central(Section):
    """[central]: where the central API is.  No network but this one is ever used."""

    url: Annotated[str, Field(pattern=r"^https?://[^/]+(/.*)?$")]
    token: str
    connect_timeout_s: Seconds = 3.0
    answer_timeout_s: Seconds = 8.0
    ca_file: Path | None = None


class Reader(Section):
    """[reader]: the ID-card reader."""

    port: str
    profile: str = "sam-v"
    baud: Baud | None = None
    answer_timeout_s: Seconds | None = None
    poll_interval_s: Seconds = 0.05

    @field_validator("profile")
    @classmethod
    def _known(cls, profile: str) -> str:
        return idcard_profiles.reader_profile(profile).name


class Printer(Section):
    """[printer]: the receipt printer.  No port, no printer: every receipt is owed."""

    port: str = ""
    profile: str = "epson-80"
    baud: Baud | None = None
    status_timeout_s: Seconds | None = None
    completion_timeout_s: Seconds | None = None

    @field_validator("profile")
    @classmethod
    def _known(cls, profile: str) -> str:
        if profile not in printer_profiles.PROFILES:
            raise ValueError(
                f"no printer profile {profile!r}; known: {', '.join(sorted(printer_profiles.PROFILES))}"
            )
        return profile


class Scanner(Section):
    """[scanner]: the code scanner.  No port, no scanner: paying is by the code on the screen."""

    port: str = ""
    baud: Baud = 9600


class Payment(Section):
    """[payment]: how long things may take."""

    qr_seconds: Annotated[int, Field(ge=30, le=600)] = 180
    poll_interval_s: Seconds = 1.0
    settle_hours: Annotated[int, Field(ge=1, le=72)] = 3
    warn_clock_skew_s: Seconds = 120.0
    max_clock_skew_s: Seconds = 600.0


class Session(Section):
    """[session]: how patient the machine is."""

    quiet_s: Annotated[float, Field(ge=30, le=600)] = 60.0
    quiet_most_s: Annotated[float, Field(ge=30, le=600)] = 180.0
    still_there_s: Annotated[float, Field(ge=20, le=120)] = 20.0
    goodbye_s: Seconds = 4.0


class Screen(Section):
    """[screen]: the panel.  ``dpi`` is the real panel's: touch targets are millimetres."""

    width: Annotated[int, Field(ge=600, le=4320)] = 1080
    height: Annotated[int, Field(ge=600, le=4320)] = 1920
    dpi: Annotated[float, Field(ge=50, le=400)] = 102.5
    fullscreen: bool = True
    show_cursor: bool = False


class Storage(Section):
    """[storage]: the journal and the log.  The folder must be on a disk that keeps what it acknowledged."""

    folder: Path
    log_level: Literal["info", "debug"] = "info"


class Fonts(Section):
    """[fonts]: where the second font of the chain is; the first is shipped."""

    rare: Path = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")


class Config(Section):
    """The whole file."""

    site: Site
    central: Central
    reader: Reader
    printer: Printer = Printer()
    scanner: Scanner = Scanner()
    payment: Payment = Payment()
    session: Session = Session()
    screen: Screen = Screen()
    storage: Storage
    fonts: Fonts = Fonts()


def load(path: Path) -> Config:
    """Reads and checks a file.  Raises ConfigError with one line for each thing that is wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)
        ]
        raise ConfigError("\n".join(lines)) from error
