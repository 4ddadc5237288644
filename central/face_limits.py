"""The limits that scores are read by here: a zone in a check's evidence is the kiosk's word, and counts when it is ours too.

Known are the start values that come with the program, unless they are put out of use, and whatever signed limits lie in one folder,
the very files that the kiosks have: NAME.toml and NAME.toml.sig.  They are read at start; a file that cannot be used stops it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kiosk.face.weights import detector_digest
from kiosk.face.zones import START, Direction, Thresholds, ThresholdsRefused, check, direction_of, read_signed


@dataclass(frozen=True)
class Known:
    """Limits, and what a better score is by them."""

    thresholds: Thresholds
    direction: Direction


@dataclass(frozen=True)
class FaceLimits:
    """``by_digest``: all that are trusted.  ``detectors``: digests of the networks that find and follow a face."""

    by_digest: dict[str, Known]
    detectors: frozenset[str]

    def knows(self, engine: str | None, model: str | None) -> bool:
        """Whether there are limits of this engine with this network at all."""
        of = {(known.thresholds.engine, known.thresholds.model) for known in self.by_digest.values()}
        return (engine, model) in of

    def find(self, digest: str, engine: str | None, model: str | None) -> Known | None:
        """The limits of that digest, if they are of this engine with this network."""
        known = self.by_digest.get(digest)
        if known is None or (known.thresholds.engine, known.thresholds.model) != (engine, model):
            return None
        return known


def trusted(folder: Path | None = None, public_key: str = "", *, start_values: bool = True) -> FaceLimits:
    """Raises ThresholdsRefused for a file that is unsigned, altered, too loose, or does not say what a better score is."""
    signed = () if folder is None else _signed(folder, public_key)
    return limits_of((*(START if start_values else ()), *signed))


def limits_of(every: Iterable[Thresholds]) -> FaceLimits:
    """Raises ThresholdsRefused."""
    known = {each.digest: Known(_checked(each), direction_of(each)) for each in every}
    return FaceLimits(known, frozenset({detector_digest()}))


def _signed(folder: Path, public_key: str) -> list[Thresholds]:
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ThresholdsRefused(f"{folder} holds no limits")
    return [read_signed(path, public_key) for path in paths]


def _checked(thresholds: Thresholds) -> Thresholds:
    """As a kiosk checks them."""
    return check(thresholds, thresholds.engine, thresholds.model, direction_of(thresholds))
