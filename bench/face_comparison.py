"""What each comparison engine gets wrong on public sets: FNMR at FMR 0.1 %, for references as they are, small, and as JPEG.

The sets are lab pictures of one sitting each: no ageing, no elderly East-Asian people, no camera of a hall.  They rank engines and
pipelines; they do not promise error rates.  The peer is the library as its examples use it: its own detector on the same pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import cv2
import numpy as np

from bench.figures import Figure
from kiosk.config import Face, FaceOnnx
from kiosk.face import matcher_dlib, models
from kiosk.face.calibrate import Calibration, Drawn, calibrate, pair
from kiosk.face.matcher import Matcher, Vector, open_matcher
from kiosk.face.references import ENLARGE, LARGE_ENOUGH_PX
from kiosk.face.trials import Trial
from kiosk.face.variants import Variant
from kiosk.face.zones import START, Source

ORL_PICTURES = 5  # of each person's ten, as in the published comparison
FMR, LOOSE_FMR = 1e-3, 1e-2
VARIANTS = {Variant.ORIGINAL: "original", Variant.SMALL: "small", Variant.JPEG: "jpeg", Variant.CHIP: "chip"}
CAVEAT = "lab pictures of one sitting; no ageing, no elderly East-Asian people"

People = dict[str, list[Path]]


def measure(faces: Path | None, quick: bool, onnx: Path | None = None) -> Iterator[list[Figure]]:
    """fnmr_<set>_<engine>, and the library's own pipeline as peer; engine by engine.  Nothing without the sets."""
    if faces is None:
        return
    networks = models.load()
    engines = [Face(engine="dlib"), *([with_onnx(onnx)] if onnx else [])]
    for name, collect in SETS.items():
        people = collect(faces)
        if not people:
            continue
        library = of_library(people)
        for face in engines:
            variants = tuple(VARIANTS)[:1] if quick else tuple(VARIANTS)
            measured = calibrate(networks, open_matcher(face), face, people, variants)
            yield [figure(f"fnmr_{name}_{face.engine}", measured, library)]


def figure(name: str, measured: Calibration, library: Trial) -> Figure:
    """One set and engine; shares are per cent."""
    original = measured.trials[Variant.ORIGINAL]
    limit = original.limit_at(FMR)
    rate = original.fnmr(limit)
    low, high = original.fnmr_by_people(limit, Random(7)) or (None, None)
    few, many = original.fmr_by_people(limit, FMR)
    more: dict[str, float | int | str | bool] = {
        "at_limit": limit,
        "fmr_of_other_people_pct": f"{100 * few:.3f} to {100 * many:.3f}",
        "at_limit_of_fmr_1e-2": original.limit_at(LOOSE_FMR),
        "pictures": measured.pictures,
        "people": measured.people,
        "genuine_pairs": len(original.genuine),
        "impostor_pairs": len(original.impostor),
    }
    start = next((one for one in START if (one.engine, one.model) == (measured.engine, measured.model)), None)
    for variant, trial in measured.trials.items():
        word = VARIANTS[variant]
        limit = trial.limit_at(FMR)
        people = trial.fnmr_by_people(limit, Random(7))
        more[f"{word}_at_fmr_1e-3_pct"] = 100 * trial.fnmr(limit)
        more[f"{word}_at_fmr_1e-3_other_people_pct"] = (
            f"{100 * people[0]:.2f} to {100 * people[1]:.2f}" if people else "cannot be told: too few people"
        )
        more[f"{word}_at_fmr_1e-2_pct"] = 100 * trial.fnmr(trial.limit_at(LOOSE_FMR))
        more[f"{word}_failure_to_acquire_pct"] = 100 * trial.failures / trial.pictures
        if start is not None:
            limits = start.of(Source.CERTIFIED)
            accepted, reviewed, lost = trial.shares(limits)
            more[f"{word}_start_values"] = (
                f"accept {100 * accepted:.1f}, to a person {100 * reviewed:.1f}, no match {100 * lost:.1f} % of genuine;"
                f" {100 * trial.fmr(limits.accept):.2f} % of impostors accepted"
            )
    more["library_failure_to_acquire_pct"] = 100 * library.failures / library.pictures
    more["caveat"] = CAVEAT
    return Figure(
        name,
        100 * rate,
        "%",
        100 * library.fnmr(library.limit_at(FMR)),
        "the library's own detector and encoding",
        low=None if low is None else 100 * low,
        high=None if high is None else 100 * high,
        runs=len(original.genuine),
        more=more,
    )


def with_onnx(path: Path) -> Face:
    """An operator's network as installed for this measurement only."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Face(
        engine="onnx", onnx=FaceOnnx(file=path, sha256=digest, licence="measured only, not cleared for use")
    )


def of_library(people: People) -> Trial:
    """The library's plain use: face_locations, then face_encodings of the first face, on the picture enlarged as ours."""
    import face_recognition  # type: ignore[import-untyped]  # a second of loading, only here

    owners: list[int] = []
    vectors: list[Vector | None] = []
    for number, paths in enumerate(people.values()):
        for path in paths:
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            assert image is not None, path
            if max(image.shape[:2]) < LARGE_ENOUGH_PX:
                image = cv2.resize(image, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC)
            rgb = np.ascontiguousarray(image[:, :, ::-1])
            found = face_recognition.face_encodings(rgb, face_recognition.face_locations(rgb))
            owners.append(number)
            vectors.append(np.asarray(found[0], np.float32) if found else None)
    scorer: Matcher = matcher_dlib.load()  # the same network: only its distance is used
    return pair(owners, vectors, [Drawn(vector) for vector in vectors], scorer)


def orl(faces: Path) -> People:
    """One folder a person."""
    folder = faces / "orl"
    people = sorted(folder.iterdir()) if folder.is_dir() else []
    return {
        one.name: sorted(one.glob("*.pgm"), key=lambda path: int(path.stem))[:ORL_PICTURES] for one in people
    }


def yale(faces: Path) -> People:
    """One flat folder, <person>_<condition>.png.  Of some people one picture has two names: the first one counts."""
    people: People = {}
    seen: set[bytes] = set()
    for path in sorted((faces / "yale").glob("*.png")):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        assert image is not None, path
        pixels = hashlib.sha256(image.tobytes()).digest()
        if pixels not in seen:
            people.setdefault(path.stem.partition("_")[0], []).append(path)
        seen.add(pixels)
    return people


SETS: dict[str, Callable[[Path], People]] = {"orl": orl, "yale": yale}
