"""``kiosk face calibrate``: opens what is configured, measures, and turns what can go wrong into one line and an exit status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from kiosk.config import Face
from kiosk.face import calibrate as calibration
from kiosk.face import models
from kiosk.face.matcher import EngineUnusable, open_matcher
from kiosk.face.weights import ModelError


def calibrate(face: Face, folder: Path, out: Path, today: datetime, say: Callable[[str], None]) -> int:
    """0 when there is a report, 2 when there cannot be one.  Whether it can be written is seen before an hour of measuring."""
    if not folder.is_dir():
        say(f"{folder}: no such folder")
        return 2
    try:
        people = calibration.pictures_of(folder)
        networks, matcher = models.load(), open_matcher(face)
        out.mkdir(parents=True, exist_ok=True)
        (out / "calibration.txt").touch()
        measured = calibration.calibrate(networks, matcher, face, people)
        calibration.write(measured, out, today.date(), say)
    except (ModelError, EngineUnusable, calibration.NotEnough) as error:
        say(f"cannot calibrate: {error}")
        return 2
    except OSError as error:
        say(f"cannot calibrate: {error.filename or out}: {error.strerror}")
        return 2
    return 0
