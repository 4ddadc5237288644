"""``kiosk face calibrate DIR``: what the installed engine gets wrong on people whose pictures one has, and the limits that follow.

DIR holds one folder per person with at least one picture in it.  Every two pictures are compared once, one as probe and one as
reference; the reference once as it is and once for each way in which references are poor.  Nothing of the pictures leaves this
process: the report, the curve and the limits hold numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from random import Random
from typing import TypeVar

import cv2
import numpy as np

from kiosk.config import Face
from kiosk.face.crops import Image
from kiosk.face.matcher import Matcher, Vector
from kiosk.face.models import Models
from kiosk.face.references import Reference, prepare_reference
from kiosk.face.trials import LEAST_PEOPLE, Trial, det, draw_det, interval
from kiosk.face.variants import Variant, made
from kiosk.face.zones import START, Direction, Limits, Source, Thresholds, ThresholdsRefused, check, floor

KINDS = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".webp", ".jp2")
ACCEPT_FMR = 1e-3
REVIEW_FMR = 1e-2
SEED = 7
STANDS_FOR = {Source.CERTIFIED: Variant.ORIGINAL, Source.PHOTO: Variant.JPEG, Source.CHIP: Variant.CHIP}
TOLD = 5  # pictures that are there twice are named, so many of them


Made = TypeVar("Made")


class NotEnough(Exception):
    """These people or pictures are too few to say anything, or not what they seem; the message says what is needed."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was measured, by variant of the reference."""

    engine: str
    model: str
    people: int
    pictures: int
    trials: Mapping[Variant, Trial]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture as it is compared.  ``vector`` None without a face; ``refused``: as a reference it is too poor for a kiosk."""

    vector: Vector | None
    refused: bool = False


NOTHING = Drawn(None)


def pictures_of(folder: Path) -> dict[str, list[Path]]:
    """Pictures of each person: the files of the subfolders, sorted.  Raises NotEnough below two people or without a pair of one."""
    people = {
        one.name: sorted(path for path in one.iterdir() if path.suffix.lower() in KINDS)
        for one in sorted(folder.iterdir())
        if one.is_dir()
    }
    people = {name: paths for name, paths in people.items() if paths}
    if len(people) < 2 or all(len(paths) < 2 for paths in people.values()):
        raise NotEnough("at least two folders with pictures, one of them with two, are needed")
    return people


def calibrate(
    models: Models,
    matcher: Matcher,
    face: Face,
    people: Mapping[str, Iterable[Path]],
    variants: Iterable[Variant] = tuple(Variant),
) -> Calibration:
    """Compares every picture with every other one.  Raises NotEnough when no pair is left of those in which a face was found.

    A picture that cannot be read, or made into a vector, counts as one without a face.
    """
    owners: list[int] = []
    names: dict[bytes, list[str]] = {}
    references: dict[Variant, list[Drawn]] = {variant: [] for variant in variants}
    probes: list[Vector | None] = []
    for number, (name, paths) in enumerate(people.items()):
        for path in paths:
            image = _image(path)
            if image is not None:
                names.setdefault(sha256(repr(image.shape).encode() + image.tobytes()).digest(), []).append(
                    f"{name}/{path.name}"
                )
            found = None if image is None else _found(models, image, face)
            probe = _drawn(matcher, found)
            owners.append(number)
            probes.append(probe.vector)
            for variant, drawn in references.items():
                original = variant is Variant.ORIGINAL
                drawn.append(probe if original else _reference(models, matcher, face, found, variant))
    if twice := [" = ".join(same) for same in names.values() if len(same) > 1]:
        raise NotEnough(f"the same picture is there twice, remove it: {'; '.join(twice[:TOLD])}")
    trials = {variant: pair(owners, probes, drawn, matcher) for variant, drawn in references.items()}
    return Calibration(matcher.name, matcher.digest, len(people), len(owners), trials)


def _or_none(make: Callable[[], Made]) -> Made | None:
    """What one picture gives; None when it gives nothing: a size nobody takes pictures in, a mesh without extent."""
    try:
        return make()
    except (cv2.error, ValueError):
        return None


def _image(path: Path) -> Image | None:
    image = _or_none(lambda: cv2.imread(str(path), cv2.IMREAD_COLOR))
    return None if image is None else np.asarray(image, np.uint8)


def _found(models: Models, image: Image, face: Face) -> Reference | None:
    return _or_none(lambda: prepare_reference(models, image, face.reference))


def _reference(
    models: Models, matcher: Matcher, face: Face, found: Reference | None, variant: Variant
) -> Drawn:
    if found is None or (mesh := found.mesh) is None:
        return NOTHING

    def poorer() -> Reference:
        poor, coded_bytes = made(found.image, mesh, variant)
        return prepare_reference(models, poor, face.reference, coded_bytes)

    return _drawn(matcher, _or_none(poorer))


def _drawn(matcher: Matcher, reference: Reference | None) -> Drawn:
    if reference is None or (mesh := reference.mesh) is None:
        return NOTHING
    return Drawn(_or_none(lambda: matcher.embed(reference.image, mesh)), reference.too_poor)


def pair(
    owners: Sequence[int], probes: Sequence[Vector | None], references: Sequence[Drawn], matcher: Matcher
) -> Trial:
    """Every two pictures once, either of them the probe about as often.  Raises NotEnough."""
    genuine, people, refused, impostor, pairs = [], [], [], [], []
    faceless = 0
    for one, other in combinations(range(len(owners)), 2):
        i, j = (one, other) if (one + other) % 2 else (other, one)
        probe, reference = probes[i], references[j]
        if probe is None:
            continue  # a check does not end without a face
        same = owners[i] == owners[j]
        if reference.vector is None:
            faceless += same
            continue
        score = matcher.score(probe, reference.vector)
        if same:
            genuine.append(score)
            people.append(owners[i])
            refused.append(reference.refused)
        else:
            impostor.append(score)
            pairs.append((owners[i], owners[j]))
    if not genuine or not impostor:
        raise NotEnough("no pair of one person, or none of two, has a face in both pictures")
    return Trial(
        matcher.direction,
        np.array(genuine, np.float64),
        np.array(people, np.int64),
        np.array(impostor, np.float64),
        len(references),
        sum(reference.vector is None for reference in references),
        np.array(pairs, np.int64),
        np.array(refused, np.bool_),
        faceless,
    )


def thresholds(measured: Calibration, today: date) -> Thresholds:
    """Accept where FMR is surely at most 0.1 %, review up to 1 %; never looser for a poorer reference, never past an engine's floor.

    Raises NotEnough when there are too few people for 0.1 %, or when what came out cannot be defended.
    """
    found: dict[Source, Limits] = {}
    loosest = floor(measured.engine, measured.model, next(iter(measured.trials.values())).direction)
    strictest: Limits | None = None
    for source, variant in STANDS_FOR.items():
        trial = measured.trials[variant]
        accept, review = trial.surely_at(ACCEPT_FMR), trial.limit_at(REVIEW_FMR)
        if accept is None:
            raise NotEnough(
                f"{len(trial.impostor)} pairs of {measured.people} people are too few for FMR {ACCEPT_FMR:.1%}:"
                " 150 people with two pictures each mostly do"
            )
        stricter = min if trial.direction is Direction.SMALLER else max
        for bound in (loosest, strictest):
            if bound is not None:
                accept, review = stricter(accept, bound.accept), stricter(review, bound.review)
        looser = max if trial.direction is Direction.SMALLER else min
        limits = Limits(_down(accept, trial.direction), _down(looser(review, accept), trial.direction))
        strictest = limits
        accepted, reviewed, _ = trial.shares(limits)
        found[source] = Limits(
            limits.accept,
            limits.review,
            round(accepted, 4),
            round(reviewed, 4),
            round(trial.fmr(limits.accept), 6),
        )
    limits_found = Thresholds(
        measured.engine,
        measured.model,
        found[Source.CERTIFIED],
        found[Source.PHOTO],
        found[Source.CHIP],
        made=today.isoformat(),
    )
    try:
        return check(limits_found, measured.engine, measured.model, trial.direction)
    except ThresholdsRefused as error:
        raise NotEnough(f"{error}: is somebody there under two names?") from error


def _down(limit: float, direction: Direction) -> float:
    """To three digits, towards the stricter side."""
    scaled = limit * 1000
    return float(np.floor(scaled) if direction is Direction.SMALLER else np.ceil(scaled)) / 1000


def as_toml(limits: Thresholds) -> str:
    """The file that ``zones.parse`` reads."""
    lines = [
        "# Limits of the face comparison.  Sign them away from the kiosks, with a key that never goes there:",
        "#     openssl pkeyutl -sign -rawin -inkey thresholds-key.pem -in thresholds.toml -out thresholds.toml.sig",
        "# The key is made once:",
        "#     openssl genpkey -algorithm ed25519 -out thresholds-key.pem",
        "# and its public half goes into face.thresholds_key:",
        "#     openssl pkey -in thresholds-key.pem -pubout -outform DER | tail -c 32 | od -An -tx1 | tr -d ' \\n'",
        f"version = {limits.version}",
        f'engine = "{limits.engine}"',
        f'model = "{limits.model}"',
        f'made = "{limits.made}"',
    ]
    for source in Source:
        one = limits.of(source)
        lines += ["", f"[{source.value}]"]
        lines += [
            f"{key.name} = {value}" for key in fields(one) if (value := getattr(one, key.name)) is not None
        ]
    return "\n".join([*lines, ""])


def report(measured: Calibration) -> Iterable[str]:
    """The table, line by line."""
    yield f"Engine {measured.engine}, weights {measured.model[:12]}, {measured.people} people, {measured.pictures} pictures."
    start = next((one for one in START if (one.engine, one.model) == (measured.engine, measured.model)), None)
    for variant, trial in measured.trials.items():
        yield ""
        yield f"Reference {variant.value}: {len(trial.genuine)} genuine and {len(trial.impostor)} impostor pairs."
        low, high = interval(trial.failures, trial.pictures)
        yield (
            f"  no face found in {trial.failures} of {trial.pictures} references"
            f" ({trial.failures / trial.pictures:.1%}, {low:.1%} to {high:.1%})"
        )
        for fmr in (REVIEW_FMR, ACCEPT_FMR):
            limit = trial.limit_at(fmr)
            if len(trial.impostor) * fmr < 1:
                yield f"  FMR {fmr:.1%}: cannot be told from {len(trial.impostor)} pairs"
                continue
            low, high = trial.fmr_by_people(limit, fmr)
            yield (
                f"  FMR {fmr:.1%} at {limit:.3f} (other people {low:.2%} to {high:.2%}):"
                f" FNMR {trial.fnmr(limit):.2%} ({_by_people(trial, limit)})"
            )
        if start is not None:
            limits = start.of(Source.CERTIFIED)
            accepted, reviewed, lost = trial.shares(limits)
            yield (
                f"  start values {limits.accept:.2f} / {limits.review:.2f}: accept {accepted:.1%}, to a person {reviewed:.1%},"
                f" no match {lost:.1%} of genuine; {trial.fmr(limits.accept):.2%} of impostors accepted"
            )
    yield ""
    yield "Pairs of the same people are not independent: the intervals are over people.  Pictures of one sitting flatter;"
    yield "age, light and camera of the halls count only when the pictures were taken there."


def _by_people(trial: Trial, limit: float) -> str:
    found = trial.fnmr_by_people(limit, Random(SEED))  # noqa: S311  # a draw of people, no secret
    if found is None:
        return f"other people: cannot be told from fewer than {LEAST_PEOPLE}"
    return f"other people {found[0]:.2%} to {found[1]:.2%}"


def chosen(measured: Calibration, limits: Thresholds) -> Iterable[str]:
    """The limits that are written, each with what it does."""
    yield "Limits:"
    for source, variant in STANDS_FOR.items():
        one, trial = limits.of(source), measured.trials[variant]
        accepted, reviewed, lost = trial.shares(one)
        low, high = trial.fmr_by_people(one.accept, ACCEPT_FMR)
        yield (
            f"  {source.value}: accept {one.accept:g} (FMR {trial.fmr(one.accept):.3%}, other people {low:.3%} to {high:.3%};"
            f" FNMR {trial.fnmr(one.accept):.2%}), review {one.review:g} (FMR {trial.fmr(one.review):.2%},"
            f" FNMR {trial.fnmr(one.review):.2%}); of honest people {accepted:.1%} accepted,"
            f" {reviewed:.1%} to a person, {lost:.1%} no match"
        )


def write(measured: Calibration, folder: Path, today: date, say: Callable[[str], None]) -> None:
    """Prints the report and writes it, the curve and, when there is enough, the limits into ``folder``, which is there."""
    lines = list(report(measured))
    limits, refusal = None, ""
    try:
        limits = thresholds(measured, today)
        lines += ["", *chosen(measured, limits)]
    except NotEnough as error:
        refusal = str(error)
    for line in lines:
        say(line)
    (folder / "calibration.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    curves = {variant.value: det(trial) for variant, trial in measured.trials.items()}
    title = f"{measured.engine}: {measured.people} people, {measured.pictures} pictures"
    (folder / "det.svg").write_text(draw_det(curves, title), encoding="utf-8")
    say(f"Curve: {folder / 'det.svg'}")
    if limits is None:
        say(f"No limits written: {refusal}.")
        return
    (folder / "thresholds.toml").write_text(as_toml(limits), encoding="utf-8")
    say(f"Limits: {folder / 'thresholds.toml'}, not signed yet; its first lines say how.")
