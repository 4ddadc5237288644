"""One TOML file.  An unknown key, a wrong type or a value out of range refuses to start.

docs/config.md describes every key; a test compares.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from devices import idcard_profiles, printer_profiles
from kiosk import shape
from kiosk.shape import Between, Like, OneOf

Seconds = Annotated[float, Between(0, 3600, above=True)]
Baud = Literal[9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]


class ConfigError(Exception):
    """The file cannot be used.  The message names file, key and reason for a technician."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """[site]: what the header and the receipts say."""

    kiosk_id: Annotated[str, Like(r"[A-Z0-9]{2,12}")]
    place: str
    profile: Literal["hall", "tablet"] = "hall"
    machine: str = "01号机"
    hotline: str = "12333"
    hours: str = "工作日 8:00–11:30、13:30–17:00"
    helper: str = ""


@dataclass(frozen=True, kw_only=True)
class Central:
    """[central]: where the central API is.  No network but this one is ever used."""

    url: Annotated[str, Like(r"https?://[^/]+(/.*)?")]
    token: str = field(repr=False)
    connect_timeout_s: Seconds = 3.0
    answer_timeout_s: Seconds = 8.0
    ca_file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Reader:
    """[reader]: the ID-card reader."""

    port: str
    profile: Annotated[str, OneOf(tuple(idcard_profiles.PROFILES))] = "sam-v"
    baud: Baud | None = None
    answer_timeout_s: Seconds | None = None
    poll_interval_s: Seconds = 0.02


@dataclass(frozen=True, kw_only=True)
class Printer:
    """[printer]: the receipt printer.  No port, no printer: every receipt is owed."""

    port: str = ""
    profile: Annotated[str, OneOf(tuple(printer_profiles.PROFILES))] = "epson-80"
    baud: Baud | None = None
    status_timeout_s: Seconds | None = None
    completion_timeout_s: Seconds | None = None


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """[scanner]: the code scanner.  No port, no scanner: paying is by the code on the screen."""

    port: str = ""
    baud: Baud = 9600


@dataclass(frozen=True, kw_only=True)
class Payment:
    """[payment]: how long things may take."""

    qr_seconds: Annotated[int, Between(30, 600)] = 180
    poll_interval_s: Seconds = 1.0
    settle_hours: Annotated[int, Between(1, 72)] = 3
    warn_clock_skew_s: Seconds = 120.0
    max_clock_skew_s: Seconds = 600.0


@dataclass(frozen=True, kw_only=True)
class Session:
    """[session]: how patient the machine is."""

    quiet_s: Annotated[float, Between(30, 600)] = 60.0
    quiet_most_s: Annotated[float, Between(30, 600)] = 180.0
    still_there_s: Annotated[float, Between(20, 120)] = 20.0
    goodbye_s: Seconds = 4.0


@dataclass(frozen=True, kw_only=True)
class Screen:
    """[screen]: the panel.  ``dpi`` is the real panel's: touch targets are millimetres."""

    width: Annotated[int, Between(600, 4320)] = 1080
    height: Annotated[int, Between(600, 4320)] = 1920
    dpi: Annotated[float, Between(50, 400)] = 102.5
    fullscreen: bool = True
    show_cursor: bool = False


@dataclass(frozen=True, kw_only=True)
class Storage:
    """[storage]: the journal and the log.  The folder must be on a disk that keeps what it acknowledged."""

    folder: Path
    log_level: Literal["info", "debug"] = "info"


@dataclass(frozen=True, kw_only=True)
class Fonts:
    """[fonts]: where the second font of the chain is; the first is shipped."""

    rare: Path = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")


@dataclass(frozen=True, kw_only=True)
class Camera:
    """[camera]: the camera of the face check.  No port, no camera: face is not offered, every other way is.

    ``port``: a V4L2 device, /dev/video0, or the address of a camera in the same box that streams JPEG over HTTP.
    """

    port: Annotated[str, Like(r"(/dev/[A-Za-z0-9/._-]+|https?://.+)?")] = ""
    width: Annotated[int, Between(320, 3840)] = 1280
    height: Annotated[int, Between(240, 2160)] = 720
    fps: Annotated[int, Between(5, 60)] = 15
    silent_s: Seconds = 3.0
    reopen_s: Seconds = 2.0


@dataclass(frozen=True, kw_only=True)
class FaceQuality:
    """[face.quality]: what a frame must have.  Not calibrated: they belong to a camera and its light."""

    least_presence: Annotated[float, Between(0, 1)] = 0.5
    least_eye_distance_px: Annotated[float, Between(10, 1000)] = 50.0
    most_height_share: Annotated[float, Between(0.1, 1)] = 0.75
    other_face_share: Annotated[float, Between(0.05, 1)] = 0.65
    least_brightness: Annotated[float, Between(0, 255)] = 45.0
    most_brightness: Annotated[float, Between(0, 255)] = 215.0
    most_burnt_share: Annotated[float, Between(0, 1)] = 0.25
    least_sharpness: Annotated[float, Between(0, 100000)] = 30.0
    most_yaw_deg: Annotated[float, Between(1, 90)] = 20.0
    most_pitch_deg: Annotated[float, Between(1, 90)] = 30.0
    most_roll_deg: Annotated[float, Between(1, 90)] = 20.0
    most_cover: Annotated[float, Between(0, 10)] = 0.2
    least_eye_contrast: Annotated[float, Between(0, 255)] = 3.0


@dataclass(frozen=True, kw_only=True)
class FaceReference:
    """[face.reference]: what a stored picture must have, or a person compares."""

    least_bytes: Annotated[int, Between(0, 1000000)] = 1500
    least_eye_distance_px: Annotated[float, Between(5, 1000)] = 20.0
    least_sharpness: Annotated[float, Between(0, 100000)] = 20.0
    least_brightness: Annotated[float, Between(0, 255)] = 35.0
    most_brightness: Annotated[float, Between(0, 255)] = 235.0
    most_yaw_deg: Annotated[float, Between(1, 90)] = 30.0
    most_pitch_deg: Annotated[float, Between(1, 90)] = 40.0
    most_roll_deg: Annotated[float, Between(1, 90)] = 20.0


@dataclass(frozen=True, kw_only=True)
class FaceChip:
    """[face.chip]: the operator's program that decodes the picture on a card's chip; none: that picture is not used."""

    decoder: Path | None = None
    sha256: Annotated[str, Like(r"([0-9A-Fa-f]{64})?")] = ""
    timeout_s: Annotated[float, Between(0.1, 10)] = 3.0


@dataclass(frozen=True, kw_only=True)
class FaceOnnx:
    """[face.onnx]: the operator's own embedder, with the engine "onnx" only."""

    file: Path | None = None
    sha256: Annotated[str, Like(r"([0-9A-Fa-f]{64})?")] = ""
    licence: str = ""
    layout: Literal["nchw", "nhwc"] = "nchw"
    colours: Literal["bgr", "rgb"] = "bgr"
    mean: Annotated[float, Between(0, 255)] = 127.0
    scale: Annotated[float, Between(0, 1, above=True)] = 0.0078125
    side_px: Annotated[int, Between(32, 512)] = 112
    template: Annotated[str, Like(r"[0-9]+(\.[0-9]+)?( [0-9]+(\.[0-9]+)?){9}")] = (
        "38.2946 51.6963 73.5318 51.5014 56.0252 71.7366 41.5493 92.3655 70.7299 92.2041"
    )
    outputs: Annotated[int, Between(16, 4096)] = 512
    metric: Literal["cosine", "euclidean"] = "cosine"


@dataclass(frozen=True, kw_only=True)
class FaceCheck:
    """[face.check]: what is asked of the person and how long one waits.  Angles are against their own straight look."""

    actions: Annotated[int, Between(4, 6)] = 4  # central takes no fewer
    look_s: Annotated[float, Between(0.5, 5)] = 1.0
    most_pause_s: Annotated[float, Between(0, 10)] = 5.0
    step_s: Annotated[float, Between(3, 120)] = 15.0
    gentle_step_s: Annotated[float, Between(3, 120)] = 30.0
    nobody_s: Annotated[float, Between(3, 300)] = 30.0
    several_s: Annotated[float, Between(1, 60)] = 15.0
    most_s: Annotated[float, Between(10, 900)] = 180.0
    most_mistakes: Annotated[int, Between(0, 3)] = 2
    soonest_s: Annotated[float, Between(0, 1)] = 0.25
    least_turn_deg: Annotated[float, Between(8, 45)] = 15.0
    least_nod_deg: Annotated[float, Between(5, 45)] = 9.0
    blink_ratio: Annotated[float, Between(0.3, 0.9)] = 0.72
    most_blink_s: Annotated[float, Between(0.3, 5)] = 1.5
    most_gap_s: Annotated[float, Between(0.2, 5)] = 1.0
    least_relief: Annotated[float, Between(0, 2)] = 0.05
    camera_stands: bool = True


@dataclass(frozen=True, kw_only=True)
class Face:
    """[face]: the face check.  Limits of the comparison are not here: they come in a signed file."""

    engine: Literal["dlib", "onnx", "face_recognition"] = "dlib"
    thresholds: Path | None = None
    thresholds_key: Annotated[str, Like(r"([0-9A-Fa-f]{64})?")] = ""
    detect_every: Annotated[int, Between(1, 30)] = 5
    quality: FaceQuality = FaceQuality()
    reference: FaceReference = FaceReference()
    check: FaceCheck = FaceCheck()
    chip: FaceChip = FaceChip()
    onnx: FaceOnnx = FaceOnnx()


@dataclass(frozen=True, kw_only=True)
class Tablet:
    """[tablet]: what only a tablet of field staff has; ``site.kiosk_id`` is its name too."""

    suite: Literal["x25519", "mlkem768-x25519"] = "x25519"
    position_port: str = ""
    sync_every_s: Seconds = 60.0


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole file."""

    site: Site
    central: Central
    reader: Reader
    printer: Printer = Printer()
    scanner: Scanner = Scanner()
    camera: Camera = Camera()
    payment: Payment = Payment()
    session: Session = Session()
    screen: Screen = Screen()
    storage: Storage
    fonts: Fonts = Fonts()
    face: Face = Face()
    tablet: Tablet = Tablet()


def load(path: Path) -> Config:
    """Reads and checks a file.  Raises ConfigError with one line for each thing that is wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    return parse(raw, f"{path}: ")


def parse(raw: Mapping[str, object], prefix: str = "") -> Config:
    """Checks what TOML gave.  Raises ConfigError, each line beginning with ``prefix``."""
    mistakes: list[str] = []
    config = shape.read(Config, raw, mistakes)
    if config is None:
        raise ConfigError("\n".join(prefix + mistake for mistake in mistakes))
    return config
