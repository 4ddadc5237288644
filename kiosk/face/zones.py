"""What a score means: accept, review by a person, no match.

Limits belong to one engine, to the very weights they were measured on and how these were fed, and to the source of the reference.
They come from a file signed outside the kiosk (Ed25519 over its bytes, 64 bytes in a file of the same name and ``.sig``); without
one the start values below hold.  A poor reference never gets another limit: it goes to a person.  Central holds the same limits
and reads the scores by them itself: evidence names the limits by their ``digest``.

    thresholds.toml    version = 1
                       engine, model (SHA-256 of the weights; of an onnx network with how it is fed), made (a date)
                       [certified] [photo] [chip]: accept, review, and what was measured at them
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from kiosk import shape
from kiosk.face.weights import RESNET
from kiosk.shape import Between, Like

if TYPE_CHECKING:
    from kiosk.config import Face  # central reads limits too, and knows no kiosk's configuration

# face_recognition's tolerance: it let 41 of 45 pairs of strangers pass in one small East-Asian set
LIBRARY_DEFAULT = 0.6
NEAREST_BELOW_LIBRARY = LIBRARY_DEFAULT - 0.001
LOOSEST_ACCEPT = 0.45  # of the same pairs 4 passed here; nothing looser can be defended
# fr_feature.onnx (87aacdfe...), fed as the defaults of [face.onnx] say: kiosk.face.fed
FR_FEATURE = "1fcf07e4472b95959a35089a97c1b9b7ba8a5b1a38b06990a0a8d81a34d6d0ac"


class ThresholdsRefused(Exception):
    """The limits cannot be used: unsigned, altered, for another engine, or too loose.  The face check is not offered."""


class Direction(Enum):
    """What a better score is."""

    SMALLER = "smaller is closer"
    LARGER = "larger is closer"

    def closer_or_equal(self, score: float, limit: float) -> bool:
        """Whether a score is at least as good as a limit; nothing is as good as NaN."""
        return score <= limit if self is Direction.SMALLER else score >= limit


class Zone(Enum):
    """``REVIEW`` is a normal outcome: a person compares."""

    ACCEPT = "accept"
    REVIEW = "review"
    NO_MATCH = "no_match"


class Source(Enum):
    """Where a reference comes from."""

    CERTIFIED = "certified"  # taken by a kiosk at the last certification
    PHOTO = "photo"  # the photograph central holds, coded as JPEG
    CHIP = "chip"  # the picture of about 1 KB on the card's chip


@dataclass(frozen=True)
class Limits:
    """At least as close as ``accept``: accept; farther than ``review``: no match.

    The shares, 0 to 1, are what calibration saw at these limits: honest people accepted and reviewed, and strangers accepted.
    """

    accept: float
    review: float
    honest_accepted: Annotated[float, Between(0, 1)] | None = None
    honest_reviewed: Annotated[float, Between(0, 1)] | None = None
    strangers_accepted: Annotated[float, Between(0, 1)] | None = None


@dataclass(frozen=True)
class Thresholds:
    """The limits of one engine with these weights."""

    engine: str
    model: Annotated[str, Like(r"[0-9a-f]{64}")]
    certified: Limits
    photo: Limits
    chip: Limits
    version: Literal[1] = 1
    made: Annotated[str, Like(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|start values")] = "start values"

    @property
    def digest(self) -> str:
        """What evidence names these limits by: SHA-256, in hexadecimal, over all that they say."""
        said = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return sha256(said.encode()).hexdigest()

    def of(self, source: Source) -> Limits:
        return {Source.CERTIFIED: self.certified, Source.PHOTO: self.photo, Source.CHIP: self.chip}[source]

    def zone(self, score: float, source: Source, direction: Direction) -> Zone:
        """Of one comparison.  A score that is no number says nothing: a person compares."""
        if math.isnan(score):
            return Zone.REVIEW
        limits = self.of(source)
        if direction.closer_or_equal(score, limits.accept):
            return Zone.ACCEPT
        return Zone.REVIEW if direction.closer_or_equal(score, limits.review) else Zone.NO_MATCH


_DLIB = Limits(0.40, 0.50)
_FR_FEATURE = Limits(0.50, 0.40)
START = (
    Thresholds("dlib", RESNET.sha256, _DLIB, _DLIB, _DLIB),
    Thresholds("face_recognition", RESNET.sha256, _DLIB, _DLIB, _DLIB),
    Thresholds("onnx", FR_FEATURE, _FR_FEATURE, _FR_FEATURE, _FR_FEATURE),
)


# Nothing looser is taken, whoever signed it.  With the onnx network one in a thousand pairs of strangers reached 0.41 on lab
# pictures, one in a hundred 0.33 (ORL, docs/face.md).
FLOORS = {
    RESNET.sha256: Limits(LOOSEST_ACCEPT, NEAREST_BELOW_LIBRARY),
    FR_FEATURE: Limits(0.40, 0.33),
}


def floor(engine: str, model: str, direction: Direction) -> Limits | None:
    """The loosest limits of a network.

    Of one that nobody knows, whose vectors have length one: closer than two that have nothing to do with each other.
    """
    if model in FLOORS:
        return FLOORS[model]
    if engine != "onnx":
        return None
    edge = 1.41 if direction is Direction.SMALLER else 0.001
    return Limits(edge, edge)


def together(zones: Iterable[Zone]) -> Zone:
    """Of all references of one person: one clear answer stands, two that contradict each other go to a person, and so does none."""
    seen = set(zones)
    if Zone.ACCEPT in seen and Zone.NO_MATCH not in seen:
        return Zone.ACCEPT
    return Zone.NO_MATCH if seen == {Zone.NO_MATCH} else Zone.REVIEW


def direction_of(thresholds: Thresholds) -> Direction:
    """What a better score is, by the limits alone.  Raises ThresholdsRefused when accept and review are the same everywhere."""
    if thresholds.model == RESNET.sha256:
        return Direction.SMALLER
    for limits in (thresholds.of(source) for source in Source):
        if limits.accept != limits.review:
            return Direction.SMALLER if limits.accept < limits.review else Direction.LARGER
    raise ThresholdsRefused("accept and review are the same: nothing says what a better score is")


def thresholds_for(face: Face, engine: str, model: str, direction: Direction) -> Thresholds:
    """The signed limits when they are configured, else the start values.  Raises ThresholdsRefused.

    ``engine``, ``model`` and ``direction`` are the matcher's name, digest and direction.
    """
    if face.thresholds is None and face.thresholds_key:
        raise ThresholdsRefused("face.thresholds_key is there and face.thresholds is not: which limits hold?")
    if face.thresholds is not None:
        return check(read_signed(face.thresholds, face.thresholds_key), engine, model, direction)
    for start in START:
        if (start.engine, start.model) == (engine, model):
            return check(start, engine, model, direction)
    raise ThresholdsRefused(f"no limits are known for engine {engine} with this network: calibrate it")


def read_signed(path: Path, public_key: str) -> Thresholds:
    """The limits in a file, after its signature.  ``public_key``: 64 hexadecimal digits.  Raises ThresholdsRefused."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not public_key:
        raise ThresholdsRefused("face.thresholds_key is missing")
    try:
        content = path.read_bytes()
        signature = path.with_name(path.name + ".sig").read_bytes()
    except OSError as error:
        raise ThresholdsRefused(f"{path.name}, or its signature, cannot be read: {error.strerror}") from error
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, content)
    except (InvalidSignature, ValueError) as error:
        raise ThresholdsRefused(f"{path.name} is not signed by face.thresholds_key") from error
    return parse(content, path.name)


def parse(content: bytes, name: str) -> Thresholds:
    """Raises ThresholdsRefused with every mistake."""
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThresholdsRefused(f"{name}: not TOML: {error}") from error
    mistakes: list[str] = []
    thresholds = shape.read(Thresholds, raw, mistakes)
    if thresholds is not None and not is_date(thresholds.made):
        mistakes.append("made: must be the day they were measured, year-month-day")
        thresholds = None
    if thresholds is None:
        raise ThresholdsRefused("; ".join(f"{name}: {mistake}" for mistake in mistakes))
    return thresholds


def check(thresholds: Thresholds, engine: str, model: str, direction: Direction) -> Thresholds:
    """The same, when they are for this engine and not too loose.  Raises ThresholdsRefused."""
    if (thresholds.engine, thresholds.model) != (engine, model):
        raise ThresholdsRefused(
            f"these limits were measured on another engine or other weights than {engine}'s"
        )
    for source in Source:
        limits = thresholds.of(source)
        if not (math.isfinite(limits.accept) and math.isfinite(limits.review)):
            raise ThresholdsRefused(f"{source.value}: limits must be numbers")
        if not direction.closer_or_equal(limits.accept, limits.review):
            raise ThresholdsRefused(f"{source.value}: accept must be at least as close as review")
        if limits.accept <= 0 if direction is Direction.SMALLER else limits.accept > 1:
            raise ThresholdsRefused(
                f"{source.value}: accept {limits.accept} could only be reached by one picture"
            )
        loosest = floor(engine, model, direction)
        if loosest is None:
            continue
        for name, limit, bound in (
            ("accept", limits.accept, loosest.accept),
            ("review", limits.review, loosest.review),
        ):
            if not direction.closer_or_equal(limit, bound):
                raise ThresholdsRefused(f"{source.value}: {name} {limit} is looser than {bound}")
    return thresholds


def is_date(words: str) -> bool:
    try:
        date.fromisoformat(words)
    except ValueError:
        return False
    return True
