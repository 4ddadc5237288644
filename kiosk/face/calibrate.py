"""``kiosk face calibrate DIR``: what the installed engine gets wrong on people whose pictures one has, and the limits that follow.

DIR holds one folder per person with at least one picture in it.  Every two pictures are compared, one as probe and one as
reference; the reference once as it is and once for each way in which references are poor.  Nothing of the pictures leaves this
process: the report, the curve and the limits hold numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from random import Random

import cv2
import numpy as np

from kiosk.config import Face
from kiosk.face.matcher import Matcher, Vector
from kiosk.face.models import Models
from kiosk.face.references import Reference, prepare_reference
from kiosk.face.trials import Trial, det, draw_det, interval
from kiosk.face.variants import Variant, made
from kiosk.face.weights import RESNET
from kiosk.face.zones import LIBRARY_DEFAULT, LOOSEST_ACCEPT, START, Direction, Limits, Source, Thresholds

KINDS = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".webp", ".jp2")
ACCEPT_FMR = 1e-3
REVIEW_FMR = 1e-2
SEED = 7
STANDS_FOR = {Source.CERTIFIED: Variant.ORIGINAL, Source.PHOTO: Variant.JPEG, Source.CHIP: Variant.CHIP}
NEAREST_BELOW_LIBRARY = LIBRARY_DEFAULT - 0.01


class NotEnough(Exception):
    """Too few people or pictures to say anything; the message says how many are needed."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was measured, by variant of the reference."""

    engine: str
    model: str
    people: int
    pictures: int
    trials: Mapping[Variant, Trial]


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
    """Compares every picture with every other one.  Raises NotEnough when no pair is left of those in which a face was found."""
    owners: list[int] = []
    probes: list[Vector | None] = []
    references: dict[Variant, list[Vector | None]] = {
        variant: probes if variant is Variant.ORIGINAL else [] for variant in variants
    }
    for number, paths in enumerate(people.values()):
        for path in paths:
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            found = None if image is None else prepare_reference(models, image, face.reference)
            owners.append(number)
            probes.append(_vector(matcher, found))
            for variant, vectors in references.items():
                if variant is not Variant.ORIGINAL:
                    vectors.append(_reference(models, matcher, face, found, variant))
    trials = {
        variant: pair(np.array(owners), probes, vectors, matcher) for variant, vectors in references.items()
    }
    return Calibration(matcher.name, matcher.digest, len(people), len(owners), trials)


def _reference(
    models: Models,
    matcher: Matcher,
    face: Face,
    found: Reference | None,
    variant: Variant,
) -> Vector | None:
    if found is None or found.mesh is None:
        return None
    poor, coded_bytes = made(found.image, found.mesh, variant)
    return _vector(matcher, prepare_reference(models, poor, face.reference, coded_bytes))


def _vector(matcher: Matcher, reference: Reference | None) -> Vector | None:
    if reference is None or reference.mesh is None:
        return None
    return matcher.embed(reference.image, reference.mesh)


def pair(
    owners: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    probes: list[Vector | None],
    references: list[Vector | None],
    matcher: Matcher,
) -> Trial:
    """Every probe with every reference of another picture; when both are the same list, every two once.  Raises NotEnough."""
    genuine, people, impostor = [], [], []
    for i, probe in enumerate(probes):
        for j, reference in enumerate(references):
            if i == j or probe is None or reference is None or (references is probes and j < i):
                continue
            score = matcher.score(probe, reference)
            if owners[i] == owners[j]:
                genuine.append(score)
                people.append(int(owners[i]))
            else:
                impostor.append(score)
    if not genuine or not impostor:
        raise NotEnough("no pair of one person, or none of two, has a face in both pictures")
    failures = sum(reference is None for reference in references)
    return Trial(
        matcher.direction,
        np.array(genuine, np.float64),
        np.array(people, np.int64),
        np.array(impostor, np.float64),
        len(references),
        failures,
    )


def thresholds(measured: Calibration, today: date) -> Thresholds:
    """Accept where FMR is surely at most 0.1 %, review up to 1 %; never looser for a poorer reference, never where dlib is unsafe.

    Raises NotEnough when there are too few impostor pairs for 0.1 %.
    """
    found: dict[Source, Limits] = {}
    strictest: Limits | None = None
    for source, variant in STANDS_FOR.items():
        trial = measured.trials[variant]
        accept, review = trial.surely_at(ACCEPT_FMR), trial.limit_at(REVIEW_FMR)
        if accept is None:
            raise NotEnough(
                f"{len(trial.impostor)} pairs of two people are too few for FMR {ACCEPT_FMR:.1%}: 3,840 are needed"
            )
        if measured.model == RESNET.sha256:
            accept, review = min(accept, LOOSEST_ACCEPT), min(review, NEAREST_BELOW_LIBRARY)
        stricter = min if trial.direction is Direction.SMALLER else max
        if strictest is not None:
            accept, review = stricter(accept, strictest.accept), stricter(review, strictest.review)
        looser = max if trial.direction is Direction.SMALLER else min
        limits = Limits(_down(accept, trial.direction), _down(looser(review, accept), trial.direction))
        strictest = strictest or limits
        accepted, reviewed, _ = trial.shares(limits)
        found[source] = Limits(
            limits.accept,
            limits.review,
            round(accepted, 4),
            round(reviewed, 4),
            round(trial.fmr(limits.accept), 6),
        )
    return Thresholds(
        measured.engine,
        measured.model,
        found[Source.CERTIFIED],
        found[Source.PHOTO],
        found[Source.CHIP],
        made=today.isoformat(),
    )


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
            share = trial.fnmr(limit)
            low, high = interval(round(share * len(trial.genuine)), len(trial.genuine))
            few, many = trial.fnmr_by_people(limit, Random(SEED))  # noqa: S311  # a draw of people, no secret
            yield (
                f"  FMR {fmr:.1%} at {limit:.3f}: FNMR {share:.2%}"
                f" (pairs as if independent {low:.2%} to {high:.2%}; other people {few:.2%} to {many:.2%})"
            )
        if start is not None:
            limits = start.of(Source.CERTIFIED)
            accepted, reviewed, lost = trial.shares(limits)
            yield (
                f"  start values {limits.accept:.2f} / {limits.review:.2f}: accept {accepted:.1%}, review {reviewed:.1%},"
                f" no match {lost:.1%} of genuine; {trial.fmr(limits.accept):.2%} of impostors accepted"
            )
    yield ""
    yield "Pairs of the same pictures are not independent: believe the interval over people.  Pictures of one sitting flatter;"
    yield "age, light and camera of the halls count only when the pictures were taken there."


def write(measured: Calibration, folder: Path, today: date, say: Callable[[str], None]) -> None:
    """Prints the report and writes it, the curve and, when there is enough, the limits into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = list(report(measured))
    for line in lines:
        say(line)
    (folder / "calibration.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    curves = {variant.value: det(trial) for variant, trial in measured.trials.items()}
    title = f"{measured.engine}: {measured.people} people, {measured.pictures} pictures"
    (folder / "det.svg").write_text(draw_det(curves, title), encoding="utf-8")
    say(f"Curve: {folder / 'det.svg'}")
    try:
        limits = thresholds(measured, today)
    except NotEnough as error:
        say(f"No limits written: {error}.")
        return
    (folder / "thresholds.toml").write_text(as_toml(limits), encoding="utf-8")
    say(f"Limits: {folder / 'thresholds.toml'}, not signed yet; its first lines say how.")
