"""Three zones on each side of every limit; limits only with a signature, for this engine, and never as loose as the library's."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.config import Face, FaceOnnx
from kiosk.face.fed import fed
from kiosk.face.weights import RESNET
from kiosk.face.zones import (
    FR_FEATURE,
    START,
    Direction,
    Limits,
    Source,
    Thresholds,
    ThresholdsRefused,
    Zone,
    check,
    direction_of,
    parse,
    thresholds_for,
    together,
)

SMALLER, LARGER = Direction.SMALLER, Direction.LARGER
DLIB, _, ONNX = START
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex()

GOOD = f"""
version = 1
engine = "dlib"
model = "{RESNET.sha256}"
made = "2026-11-23"
[certified]
accept = 0.42
review = 0.52
honest_accepted = 0.81
honest_reviewed = 0.17
strangers_accepted = 0.0001
[photo]
accept = 0.40
review = 0.50
[chip]
accept = 0.30
review = 0.45
"""


@pytest.mark.parametrize(
    ("score", "zone"),
    [
        (0.0, Zone.ACCEPT),
        (0.40, Zone.ACCEPT),
        (0.4001, Zone.REVIEW),
        (0.50, Zone.REVIEW),
        (0.5001, Zone.NO_MATCH),
        (1.4, Zone.NO_MATCH),
        (float("nan"), Zone.REVIEW),
        (float("inf"), Zone.NO_MATCH),
    ],
)
def test_dlibs_start_values(score: float, zone: Zone) -> None:
    assert all(DLIB.zone(score, source, SMALLER) is zone for source in Source)


@pytest.mark.parametrize(
    ("score", "zone"),
    [
        (1.0, Zone.ACCEPT),
        (0.50, Zone.ACCEPT),
        (0.4999, Zone.REVIEW),
        (0.40, Zone.REVIEW),
        (0.3999, Zone.NO_MATCH),
        (-1.0, Zone.NO_MATCH),
        (float("nan"), Zone.REVIEW),
    ],
)
def test_start_values_of_the_measured_onnx_network(score: float, zone: Zone) -> None:
    assert all(ONNX.zone(score, source, LARGER) is zone for source in Source)


def test_a_reference_has_the_limits_of_its_source() -> None:
    limits = parse(GOOD.encode(), "limits")
    zones = [limits.zone(0.41, source, SMALLER) for source in (Source.CERTIFIED, Source.PHOTO, Source.CHIP)]
    assert zones == [Zone.ACCEPT, Zone.REVIEW, Zone.REVIEW]
    assert limits.zone(0.46, Source.CHIP, SMALLER) is Zone.NO_MATCH
    assert limits.certified.honest_accepted == 0.81 and limits.photo.honest_accepted is None


def test_limits_are_named_by_all_that_they_say() -> None:
    limits = parse(GOOD.encode(), "limits")
    assert parse(GOOD.replace("0.40\n", "0.4\n").encode(), "limits").digest == limits.digest
    others = [
        replace(limits, made="2026-11-24"),
        replace(limits, engine="face_recognition"),
        replace(limits, chip=Limits(0.30, 0.4500001)),
        replace(limits, certified=replace(limits.certified, strangers_accepted=0.0002)),
        *START,
    ]
    digests = {each.digest for each in (limits, *others)}
    assert len(digests) == len(others) + 1
    assert all(len(digest) == 64 for digest in digests)


def test_the_limits_say_what_a_better_score_is() -> None:
    assert [direction_of(limits) for limits in START] == [SMALLER, SMALLER, LARGER]
    same = Limits(0.4, 0.4)
    # a distance, whatever
    assert direction_of(replace(DLIB, certified=same, photo=same, chip=same)) is SMALLER
    unclear = replace(ONNX, certified=same, photo=same, chip=same)
    with pytest.raises(ThresholdsRefused, match="better"):
        direction_of(unclear)
    assert direction_of(replace(unclear, chip=Limits(0.3, 0.4))) is SMALLER


A, R, N = Zone.ACCEPT, Zone.REVIEW, Zone.NO_MATCH


@pytest.mark.parametrize(
    ("zones", "together_are"),
    [
        ([A], A),
        ([A, A], A),
        ([A, R], A),
        ([A, N], R),
        ([A, R, N], R),
        ([R], R),
        ([R, N], R),
        ([N], N),
        ([N, N], N),
        ([], R),
    ],
)
def test_several_references_of_one_person(zones: list[Zone], together_are: Zone) -> None:
    assert together(zones) is together_are


# --- signed configuration -------------------------------------------------------------------------------------------


def signed(folder: Path, text: str = GOOD, key: Ed25519PrivateKey = KEY) -> Face:
    path = folder / "thresholds.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "thresholds.toml.sig").write_bytes(key.sign(path.read_bytes()))
    return Face(thresholds=path, thresholds_key=PUBLIC)


def of_dlib(face: Face) -> Thresholds:
    return thresholds_for(face, "dlib", RESNET.sha256, SMALLER)


def test_signed_limits_count(tmp_path: Path) -> None:
    limits = of_dlib(signed(tmp_path))
    assert (limits.made, limits.certified.accept, limits.chip.review) == ("2026-11-23", 0.42, 0.45)


def test_without_a_file_the_start_values_count() -> None:
    limits = of_dlib(Face())
    assert limits is DLIB and limits.made == "start values"
    assert thresholds_for(Face(), "onnx", FR_FEATURE, LARGER) is ONNX


def test_an_unknown_network_has_no_start_values() -> None:
    with pytest.raises(ThresholdsRefused, match="calibrate it"):
        thresholds_for(Face(), "onnx", "ab" * 32, LARGER)


def test_one_changed_byte_is_refused(tmp_path: Path) -> None:
    face = signed(tmp_path)
    (tmp_path / "thresholds.toml").write_text(GOOD.replace("0.42", "0.43"), encoding="utf-8")
    with pytest.raises(ThresholdsRefused, match="not signed"):
        of_dlib(face)


def test_another_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThresholdsRefused, match="not signed"):
        of_dlib(signed(tmp_path, key=Ed25519PrivateKey.generate()))


@pytest.mark.parametrize("name", ["thresholds.toml", "thresholds.toml.sig"])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    face = signed(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ThresholdsRefused, match="cannot be read"):
        of_dlib(face)


def test_a_signature_that_is_none_is_refused(tmp_path: Path) -> None:
    face = signed(tmp_path)
    (tmp_path / "thresholds.toml.sig").write_bytes(b"short")
    with pytest.raises(ThresholdsRefused, match="not signed"):
        of_dlib(face)


def test_a_file_needs_a_key_in_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ThresholdsRefused, match="thresholds_key is missing"):
        of_dlib(replace(signed(tmp_path), thresholds_key=""))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("accept = 0.42\nreview = 0.52", "accept = 0.6\nreview = 0.61", "looser than 0.45"),
        ("accept = 0.42\nreview = 0.52", "accept = 0.59\nreview = 0.59", "looser"),
        ("accept = 0.42", "accept = 0.451", "looser than 0.45"),
        ("review = 0.52", "review = 0.6", "review 0.6 is looser than 0.599"),
        ("accept = 0.30", "accept = 0.6", "chip"),
        ("accept = 0.42", "accept = 0.53", "at least as close"),
        ("accept = 0.42", "accept = nan", "numbers"),
        ("review = 0.52", "review = inf", "numbers"),
        ("accept = 0.42", 'accept = "0.42"', "certified.accept: must be a number"),
        ("honest_accepted = 0.81", "honest_accepted = 1.1", "at most 1"),
        ("version = 1", "version = 2", "version"),
        ("version = 1", "version = 1\ncolour = 3", "colour: no such key"),
        ('engine = "dlib"', 'engine = "onnx"', "another engine"),
        (f'model = "{RESNET.sha256}"', f'model = "{"0" * 64}"', "other weights"),
        ("[chip]\naccept = 0.30\nreview = 0.45\n", "", "chip: is missing"),
        ("[certified]", "[certified", "not TOML"),
        ('made = "2026-11-23"', 'made = "yesterday"', "made"),
        ('made = "2026-11-23"', 'made = "2001-99-99"', "made: must be the day"),
        ('made = "2026-11-23"', 'made = "start values"', "made: must be the day"),
        ("accept = 0.42", "accept = -0.001", "could only be reached by one picture"),
    ],
)
def test_limits_that_cannot_be_defended_are_refused_though_signed(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(ThresholdsRefused, match=words):
        of_dlib(signed(tmp_path, GOOD.replace(old, new)))


def test_the_loosest_that_is_left_is_045_and_below_06() -> None:
    edge = replace(DLIB, certified=Limits(0.45, 0.599))
    assert check(edge, "dlib", RESNET.sha256, SMALLER) is edge


def test_the_library_has_the_same_network_and_the_same_bounds() -> None:
    loose = replace(START[1], photo=Limits(0.6, 0.7))
    with pytest.raises(ThresholdsRefused, match="looser"):
        check(loose, "face_recognition", RESNET.sha256, SMALLER)


@pytest.mark.parametrize(
    ("accept", "review", "words"),
    [
        (-1.0, -1.0, "accept -1.0 is looser than 0.4"),
        (0.39, 0.35, "accept 0.39 is looser than 0.4"),
        (0.45, 0.32, "review 0.32 is looser than 0.33"),
        (1.001, 0.5, "could only be reached by one picture"),
    ],
)
def test_the_measured_onnx_network_has_a_floor_whoever_signed(
    accept: float, review: float, words: str
) -> None:
    with pytest.raises(ThresholdsRefused, match=words):
        check(replace(ONNX, photo=Limits(accept, review)), "onnx", FR_FEATURE, LARGER)
    edge = replace(ONNX, photo=Limits(0.40, 0.33))
    assert check(edge, "onnx", FR_FEATURE, LARGER) is edge


@pytest.mark.parametrize(
    ("direction", "fine", "loose"),
    [(LARGER, Limits(0.3, 0.2), Limits(0.3, 0.0)), (SMALLER, Limits(0.9, 1.2), Limits(1.2, 1.42))],
)
def test_a_network_nobody_knows_never_takes_vectors_that_have_nothing_in_common(
    direction: Direction, fine: Limits, loose: Limits
) -> None:
    """Orthogonal vectors of length one: cosine 0, distance the root of two."""
    own = Thresholds("onnx", "ab" * 32, fine, fine, fine)
    assert check(own, "onnx", "ab" * 32, direction) is own
    with pytest.raises(ThresholdsRefused, match="looser"):
        check(replace(own, chip=loose), "onnx", "ab" * 32, direction)


@pytest.mark.parametrize(
    "change",
    [
        {"layout": "nhwc"},
        {"colours": "rgb"},
        {"mean": 0.0},
        {"scale": 0.001},
        {"side_px": 128},
        {"template": "55 55 57 55 56 56 55.5 57 56.5 57"},
        {"metric": "euclidean"},
    ],
)
def test_limits_hold_for_a_network_only_as_it_was_fed(change: dict[str, Any]) -> None:
    """Otherwise fed, its scores are others: with a thousandth of the scale strangers come close."""
    weights = FaceOnnx(sha256="87AACDFE57510DB2AF90C0251DF680E8EEC88F122EE94712121D09BCAAAF3581", outputs=512)
    assert fed(weights) == FR_FEATURE
    other = fed(replace(weights, **change))
    assert other != FR_FEATURE
    with pytest.raises(ThresholdsRefused, match="calibrate it"):
        thresholds_for(Face(), "onnx", other, LARGER)


def test_the_same_template_is_the_same_however_it_is_written() -> None:
    plain = FaceOnnx()
    padded = replace(plain, template=plain.template.replace("38.2946", "38.29460"))
    assert fed(padded) == fed(plain)


def test_a_key_without_a_file_is_no_quiet_return_to_the_start_values(tmp_path: Path) -> None:
    with pytest.raises(ThresholdsRefused, match="which limits hold"):
        of_dlib(replace(signed(tmp_path), thresholds=None))


def test_for_a_cosine_the_order_of_the_limits_is_the_other_one() -> None:
    assert check(ONNX, "onnx", FR_FEATURE, LARGER) is ONNX
    with pytest.raises(ThresholdsRefused, match="at least as close"):
        check(replace(ONNX, photo=Limits(0.40, 0.50)), "onnx", FR_FEATURE, LARGER)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_commands_that_the_file_names_do_sign_it(tmp_path: Path) -> None:
    """As a technician types them, away from the kiosk."""

    def openssl(*words: str) -> bytes:
        return subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True).stdout

    (tmp_path / "thresholds.toml").write_text(GOOD, encoding="utf-8")
    openssl("genpkey", "-algorithm", "ed25519", "-out", "key.pem")
    openssl(
        "pkeyutl",
        "-sign",
        "-rawin",
        "-inkey",
        "key.pem",
        "-in",
        "thresholds.toml",
        "-out",
        "thresholds.toml.sig",
    )
    public = openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER")[-32:].hex()
    limits = of_dlib(Face(thresholds=tmp_path / "thresholds.toml", thresholds_key=public))
    assert limits.certified.accept == 0.42
