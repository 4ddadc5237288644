"""``kiosk face calibrate`` and ``doctor``: from folders to signed limits, and what they say in plain words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.config import Face, FaceOnnx
from kiosk.face import calibrate, command, doctor, weights, zones
from kiosk.face.calibrate import Calibration, NotEnough
from kiosk.face.crops import Image
from kiosk.face.matcher import Vector, distance
from kiosk.face.mesh import Mesh
from kiosk.face.models import Models
from kiosk.face.trials import Trial
from kiosk.face.variants import Variant
from kiosk.face.weights import RESNET
from kiosk.face.zones import FR_FEATURE, Direction, Source
from tests.kiosk.face.conftest import placed

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 23)


class ByPlace:
    """A stand-in engine whose vector is where the left eye is: scores can be told from the pictures.  No face is measured by it."""

    name = "by_place"
    digest = "ab" * 32
    direction = Direction.SMALLER

    def embed(self, image: Image, mesh: Mesh) -> Vector:
        del image
        return np.array(mesh.at(33), np.float32)

    def score(self, one: Vector, other: Vector) -> float:
        return distance(one, other)

    def forget(self) -> None:
        """It keeps nothing."""


def folders(folder: Path, portrait: Image) -> Path:
    """Two invented people, two pictures each, one of them without a face; a stray file and an empty folder."""
    for name, x in (("001", 400), ("002", 800)):
        (folder / name).mkdir(parents=True)
        cv2.imwrite(str(folder / name / "a.png"), placed(portrait, x, 300, 2.0)[100:600])
        cv2.imwrite(str(folder / name / "b.jpg"), placed(portrait, x + 10, 300, 2.0)[100:600])
    cv2.imwrite(str(folder / "002" / "c.png"), np.full((300, 300, 3), 120, np.uint8))
    (folder / "003").mkdir()
    (folder / "notes.txt").write_text("not a person")
    return folder


def test_folders_are_people(tmp_path: Path, portrait: Image) -> None:
    people = calibrate.pictures_of(folders(tmp_path, portrait))
    assert {name: [path.name for path in paths] for name, paths in people.items()} == {
        "001": ["a.png", "b.jpg"],
        "002": ["a.png", "b.jpg", "c.png"],
    }


def test_one_person_or_one_picture_each_is_not_enough(tmp_path: Path, portrait: Image) -> None:
    folder = folders(tmp_path, portrait)
    for name in ("001", "002"):
        (folder / name / "b.jpg").unlink()
    (folder / "002" / "c.png").unlink()
    with pytest.raises(NotEnough):
        calibrate.pictures_of(folder)


def test_every_picture_is_compared_with_every_other_and_a_face_not_found_is_counted(
    tmp_path: Path, networks: Models, portrait: Image
) -> None:
    people = calibrate.pictures_of(folders(tmp_path, portrait))
    measured = calibrate.calibrate(networks, ByPlace(), Face(), people, (Variant.ORIGINAL, Variant.JPEG))
    original, jpeg = measured.trials[Variant.ORIGINAL], measured.trials[Variant.JPEG]
    assert (measured.people, measured.pictures) == (2, 5)
    # four pictures with a face, two of each person; a poorer reference is another picture, so those pairs go both ways
    assert (len(original.genuine), len(original.impostor)) == (2, 4)
    assert (len(jpeg.genuine), len(jpeg.impostor)) == (4, 8)
    assert (original.failures, original.pictures, jpeg.failures) == (1, 5, 1)
    assert sorted(original.people) == [0, 1] and sorted(jpeg.people) == [0, 0, 1, 1]
    assert original.genuine == pytest.approx([10] * 2, abs=5)
    assert original.impostor == pytest.approx([400] * 4, abs=20)
    assert (
        jpeg.genuine.min() > 100
    )  # a small picture has its eye elsewhere: the reference really was the small one


def test_an_unreadable_picture_is_a_failure_and_not_an_end(
    tmp_path: Path, networks: Models, portrait: Image
) -> None:
    folder = folders(tmp_path, portrait)
    (folder / "001" / "broken.png").write_bytes(b"not a picture")
    people = calibrate.pictures_of(folder)
    measured = calibrate.calibrate(networks, ByPlace(), Face(), people, (Variant.ORIGINAL,))
    assert (measured.trials[Variant.ORIGINAL].failures, measured.pictures) == (2, 6)


# --- limits -----------------------------------------------------------------------------------------------------------


def measured(
    model: str, genuine: float, impostor: float, direction: Direction = Direction.SMALLER, pairs: int = 20_000
) -> Calibration:
    """Scores around two means; each poorer reference is farther from its genuine probes."""
    dice = np.random.default_rng(4)
    sign = 1 if direction is Direction.SMALLER else -1
    people = np.repeat(np.arange(40), 20)
    trials = {
        variant: Trial(
            direction,
            dice.normal(genuine + sign * 0.02 * step, 0.04, 800),
            people,
            dice.normal(impostor + sign * 0.03 * step, 0.05, pairs),
            80,
        )
        for step, variant in enumerate(Variant)
    }
    engine = "onnx" if direction is Direction.LARGER else "dlib"
    return Calibration(engine, model, 40, 80, trials)


def test_limits_of_a_strong_engine_follow_its_rates() -> None:
    found = measured(FR_FEATURE, 0.7, 0.2, Direction.LARGER)
    limits = calibrate.thresholds(found, TODAY)
    trial = found.trials[Variant.ORIGINAL]
    assert trial.fmr(limits.certified.accept) <= 1e-3 and trial.fmr(limits.certified.review) <= 1e-2
    assert trial.fmr(limits.certified.accept - 0.02) > 1e-3  # and no stricter than it must be
    assert limits.certified.accept > limits.certified.review
    assert limits.certified.honest_accepted == pytest.approx(
        1 - trial.fnmr(limits.certified.accept), abs=1e-4
    )


def test_dlib_is_never_given_what_is_unsafe_for_it_whatever_was_measured() -> None:
    limits = calibrate.thresholds(measured(RESNET.sha256, 0.3, 0.9), TODAY)
    assert limits.certified.accept == 0.45 and limits.certified.review == 0.59
    assert zones.check(limits, "dlib", RESNET.sha256, Direction.SMALLER) is limits


@pytest.mark.parametrize("direction", list(Direction))
def test_a_poorer_reference_never_gets_a_looser_limit(direction: Direction) -> None:
    """Its impostors are farther away, so that its own rates would allow one."""
    genuine, impostor = (0.2, 0.5) if direction is Direction.SMALLER else (0.7, 0.4)
    found = measured("cd" * 32, genuine, impostor, direction)
    limits = calibrate.thresholds(found, TODAY)
    poorer = found.trials[Variant.JPEG].surely_at(1e-3)
    assert poorer is not None and not direction.closer_or_equal(poorer, limits.certified.accept)
    for source in (Source.PHOTO, Source.CHIP):
        assert direction.closer_or_equal(limits.of(source).accept, limits.certified.accept)
        assert direction.closer_or_equal(limits.of(source).review, limits.certified.review)


def test_too_few_pairs_give_no_limits() -> None:
    with pytest.raises(NotEnough, match="too few"):
        calibrate.thresholds(measured(RESNET.sha256, 0.3, 0.9, pairs=3000), TODAY)


def test_the_written_file_is_read_as_it_was_meant() -> None:
    limits = calibrate.thresholds(measured(FR_FEATURE, 0.7, 0.2, Direction.LARGER), TODAY)
    text = calibrate.as_toml(limits)
    assert zones.parse(text.encode(), "limits") == limits
    assert limits.made == "2026-11-23" and "openssl pkeyutl -sign -rawin" in text


def test_the_report_says_how_much_it_can_say() -> None:
    found = measured(RESNET.sha256, 0.35, 0.8, pairs=500)
    text = "\n".join(calibrate.report(found))
    assert "FMR 0.1%: cannot be told from 500 pairs" in text
    assert "not independent" in text and "other people" in text
    assert "start values 0.40 / 0.50: accept" in text


def test_the_command_writes_report_curve_and_limits(tmp_path: Path) -> None:
    said: list[str] = []
    calibrate.write(measured(RESNET.sha256, 0.35, 0.8), tmp_path / "out", TODAY, said.append)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "calibration.txt",
        "det.svg",
        "thresholds.toml",
    ]
    assert "not signed yet" in said[-1]
    assert (tmp_path / "out" / "calibration.txt").read_text(encoding="utf-8").startswith("Engine dlib")


def test_the_command_on_real_pictures_with_dlib(tmp_path: Path, portrait: Image) -> None:
    folder = folders(tmp_path / "people", portrait)
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "face", "calibrate", str(folder), "--out", str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "original: 2 genuine and 4 impostor pairs" in done.stdout
    assert "JPEG 60: 4 genuine and 8 impostor pairs" in done.stdout
    assert "no face found in 1 of 5 references (20.0%" in done.stdout
    assert "No limits written: 4 pairs of two people are too few" in done.stdout
    assert not (tmp_path / "out" / "thresholds.toml").exists()


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_nothing_to_measure_is_said_in_one_line(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    said: list[str] = []
    status = command.calibrate(
        Face(), tmp_path / folder, tmp_path / "out", datetime(2026, 11, 23, tzinfo=UTC), said.append
    )
    assert status == 2 and len(said) == 1 and not (tmp_path / "out").exists()


# --- doctor -----------------------------------------------------------------------------------------------------------


def said_of(face: Face) -> tuple[bool, str]:
    lines: list[str] = []
    good = doctor.examine(face, lines.append)
    return good, "\n".join(lines)


def test_doctor_says_how_strong_the_built_in_engine_is_and_who_meets_a_person() -> None:
    good, words = said_of(Face())
    assert good
    assert "cannot be made safe" in words and "只够初筛" in words
    assert "start values, not calibrated here" in words
    assert "本人每 100 次约有 15 到 36 次转人工" in words and "optimistic" in words
    assert "用身份证芯片照片比对，几乎都转人工" in words
    assert words.splitlines()[-1] == "The face check can run."


def test_doctor_tells_the_share_of_the_calibration_when_there_is_one(tmp_path: Path) -> None:
    limits = calibrate.thresholds(measured(RESNET.sha256, 0.38, 0.8), TODAY)
    path = tmp_path / "thresholds.toml"
    path.write_text(calibrate.as_toml(limits), encoding="utf-8")
    key = Ed25519PrivateKey.generate()
    (tmp_path / "thresholds.toml.sig").write_bytes(key.sign(path.read_bytes()))
    good, words = said_of(Face(thresholds=path, thresholds_key=key.public_key().public_bytes_raw().hex()))
    assert good and "signed, of 2026-11-23" in words
    accepted = limits.certified.honest_accepted
    assert accepted is not None and f"本人每 100 次约有 {100 * (1 - accepted):.0f} 次转人工" in words
    good, words = said_of(Face(thresholds=path, thresholds_key="ab" * 32))
    assert not good and "not signed" in words and "本机暂不提供刷脸" in words


@pytest.mark.parametrize("fault", ["altered", "missing", "no_package"])
def test_doctor_names_a_file_that_cannot_be_used_and_the_kiosk_runs_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    (tmp_path / "weights").mkdir()
    for one in weights.ENGINE:
        (tmp_path / "weights" / one.name).write_bytes(weights.checked(one))
    mesh = tmp_path / "weights" / weights.MESH.name
    changed = [
        replace(one, package="no_such_package") if fault == "no_package" else one for one in weights.ENGINE
    ]
    if fault == "altered":
        mesh.write_bytes(mesh.read_bytes()[:-1] + b"\0")
    if fault == "missing":
        mesh.unlink()
    if fault != "no_package":
        monkeypatch.setattr(weights, "path_of", lambda one: tmp_path / "weights" / one.name)
        monkeypatch.setattr(doctor, "find_spec", lambda _: object())
    monkeypatch.setattr(weights, "ENGINE", tuple(changed))
    good, words = said_of(Face())
    assert not good
    name = "face_detection_short_range.tflite" if fault == "no_package" else "face_landmark.tflite"
    assert f"BAD   weights    {name}" in words
    assert ("模型文件被改动过" if fault == "altered" else "缺少模型文件") in words
    assert words.splitlines()[-1].endswith("不影响其他业务。")


def test_doctor_wants_file_digest_and_licence_of_an_operators_network(tmp_path: Path) -> None:
    good, words = said_of(Face(engine="onnx"))
    assert not good and "没有写明模型文件、校验值和授权" in words
    path = tmp_path / "own.onnx"
    path.write_bytes(b"weights")
    onnx = FaceOnnx(file=path, sha256="0" * 64, licence="cleared on 2026-11-01")
    good, words = said_of(Face(engine="onnx", onnx=onnx))
    assert not good and "own.onnx: is not the file whose SHA-256 is pinned" in words
    assert "calibrate it" in words


def test_the_library_is_said_to_be_for_comparing_only() -> None:
    good, words = said_of(Face(engine="face_recognition"))
    assert good and "may not be used commercially" in words and "不要在大厅使用" in words


def test_only_the_library_needs_the_package_dlib(monkeypatch: pytest.MonkeyPatch) -> None:
    there = doctor.find_spec
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "dlib" else there(name))
    assert said_of(Face())[0]
    good, words = said_of(Face(engine="face_recognition"))
    assert not good and "package dlib-bin is not installed" in words


def test_the_doctors_command_has_an_exit_status(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    least = (
        '[site]\nkiosk_id = "WD01"\nplace = "示例镇便民服务中心"\n[central]\nurl = "https://central.example"\n'
        'token = "of-the-test"\n[reader]\nport = "/dev/ttyS0"\n[storage]\nfolder = "/tmp"\n[face]\nengine = '
    )
    for engine, status in (('"dlib"', 0), ('"onnx"', 1), ('"none"', 2)):
        config.write_text(f"{least}{engine}\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", "face", "doctor", "--config", str(config)],
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, (engine, done.stdout.decode(), done.stderr.decode())
