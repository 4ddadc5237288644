"""``kiosk face calibrate`` and ``doctor``: from folders to signed limits, and what they say in plain words."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.config import Face, FaceOnnx, FaceReference
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

    def fits(self, vector: Vector) -> bool:
        return len(vector) == 2

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
    # four pictures with a face, two of each person; every two pictures are one pair, whichever is made poorer
    for trial in (original, jpeg):
        assert (len(trial.genuine), len(trial.impostor)) == (2, 4)
        assert (trial.failures, trial.pictures) == (1, 5)
        assert sorted(trial.people) == [0, 1]
        assert trial.pairs is not None and {tuple(sorted(two)) for two in trial.pairs} == {(0, 1)}
        # of the two pairs with the grey picture the one in which it is the reference
        assert trial.faceless == 1
    assert original.genuine == pytest.approx([10] * 2, abs=5)
    assert original.impostor == pytest.approx([400] * 4, abs=20)
    # a small picture has its eye elsewhere: the reference really was the small one
    assert jpeg.genuine.min() > 100


def png_that_says_it_is(side: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("content", [b"not a picture", png_that_says_it_is(40_000)])
def test_an_unreadable_picture_is_a_failure_and_not_an_end(
    tmp_path: Path, networks: Models, portrait: Image, content: bytes
) -> None:
    folder = folders(tmp_path, portrait)
    (folder / "001" / "broken.png").write_bytes(content)
    people = calibrate.pictures_of(folder)
    measured = calibrate.calibrate(networks, ByPlace(), Face(), people, (Variant.ORIGINAL,))
    assert (measured.trials[Variant.ORIGINAL].failures, measured.pictures) == (2, 6)


def test_a_face_that_gives_no_vector_is_a_failure_and_not_an_end(
    tmp_path: Path, networks: Models, portrait: Image
) -> None:
    class Choosy(ByPlace):
        def embed(self, image: Image, mesh: Mesh) -> Vector:
            if mesh.at(33)[0] < 250:
                raise ValueError("a mesh without extent")
            return super().embed(image, mesh)

    folder = folders(tmp_path, portrait)
    cv2.imwrite(str(folder / "001" / "c.png"), placed(portrait, 200, 300, 2.0)[100:600])
    people = calibrate.pictures_of(folder)
    plain, choosy = (
        calibrate.calibrate(networks, engine, Face(), people, (Variant.ORIGINAL,)).trials[Variant.ORIGINAL]
        for engine in (ByPlace(), Choosy())
    )
    assert choosy.failures > plain.failures == 1


def test_one_picture_under_two_names_is_refused_by_both(
    tmp_path: Path, networks: Models, portrait: Image
) -> None:
    folder = folders(tmp_path, portrait)
    same = cv2.imread(str(folder / "001" / "b.jpg"))
    assert same is not None
    cv2.imwrite(str(folder / "002" / "d.bmp"), same)  # other bytes, the same pixels
    with pytest.raises(NotEnough, match=r"001/b\.jpg = 002/d\.bmp"):
        calibrate.calibrate(networks, ByPlace(), Face(), calibrate.pictures_of(folder), (Variant.ORIGINAL,))


def test_a_reference_that_a_kiosk_refuses_counts_as_one_for_a_person(
    tmp_path: Path, networks: Models, portrait: Image
) -> None:
    """A chip's picture has fewer bytes than are asked for: measured all the same, but nobody is accepted by it."""
    people = calibrate.pictures_of(folders(tmp_path, portrait))
    variants = (Variant.ORIGINAL, Variant.CHIP)
    measured = calibrate.calibrate(networks, ByPlace(), Face(), people, variants)
    wide = zones.Limits(1e6, 2e6)
    assert measured.trials[Variant.CHIP].fnmr(wide.accept) == 0
    assert measured.trials[Variant.CHIP].shares(wide) == (0, 1, 0)
    # one without a face
    assert measured.trials[Variant.ORIGINAL].shares(wide) == pytest.approx((2 / 3, 1 / 3, 0))


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
    found = measured(FR_FEATURE, 0.8, 0.3, Direction.LARGER)
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
    assert limits.certified.accept == 0.45 and limits.certified.review == 0.599
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


def sources(
    certified: float, photo: float, chip: float, direction: Direction = Direction.SMALLER
) -> Calibration:
    """Strangers begin at these scores."""
    sign = 1 if direction is Direction.SMALLER else -1
    first = dict(zip((Variant.ORIGINAL, Variant.JPEG, Variant.CHIP), (certified, photo, chip), strict=True))
    trials = {
        variant: Trial(
            direction,
            np.full(800, 0.2 if sign > 0 else 0.95),
            np.repeat(np.arange(40), 20),
            score + sign * np.linspace(0, 0.4, 20_000),
        )
        for variant, score in first.items()
    }
    return Calibration("by_place", "ab" * 32, 40, 80, trials)


@pytest.mark.parametrize(
    ("direction", "scores"), [(Direction.SMALLER, (0.42, 0.36, 0.41)), (Direction.LARGER, (0.6, 0.66, 0.61))]
)
def test_the_chip_is_held_to_the_photo_and_not_only_to_the_first(
    direction: Direction, scores: tuple[float, float, float]
) -> None:
    limits = calibrate.thresholds(sources(*scores, direction), TODAY)
    assert not direction.closer_or_equal(limits.certified.accept, limits.photo.accept)
    assert limits.chip.accept == limits.photo.accept and limits.chip.review == limits.photo.review


def test_strangers_without_any_distance_give_no_limits() -> None:
    """Somebody who is there under two names."""
    with pytest.raises(NotEnough, match="under two names"):
        calibrate.thresholds(sources(0.0, 0.0, 0.0), TODAY)


def test_too_few_pairs_give_no_limits() -> None:
    with pytest.raises(NotEnough, match="too few"):
        calibrate.thresholds(measured(RESNET.sha256, 0.3, 0.9, pairs=3000), TODAY)


def test_the_written_file_is_read_as_it_was_meant() -> None:
    limits = calibrate.thresholds(measured(FR_FEATURE, 0.8, 0.3, Direction.LARGER), TODAY)
    text = calibrate.as_toml(limits)
    assert zones.parse(text.encode(), "limits") == limits
    assert limits.made == "2026-11-23" and "openssl pkeyutl -sign -rawin" in text


def test_the_report_says_how_much_it_can_say() -> None:
    found = measured(RESNET.sha256, 0.35, 0.8, pairs=500)
    text = "\n".join(calibrate.report(found))
    assert "FMR 0.1%: cannot be told from 500 pairs" in text
    assert "not independent" in text and "other people" in text
    assert "other people 0.00% to 8.81%" in text  # nobody of 40 was turned away
    assert "start values 0.40 / 0.50: accept" in text


def test_the_command_writes_report_curve_and_limits(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "out").mkdir()
    calibrate.write(measured(RESNET.sha256, 0.35, 0.8), tmp_path / "out", TODAY, said.append)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "calibration.txt",
        "det.svg",
        "thresholds.toml",
    ]
    assert "not signed yet" in said[-1]
    text = (tmp_path / "out" / "calibration.txt").read_text(encoding="utf-8")
    assert text.startswith("Engine dlib")
    for source in Source:
        assert f"  {source.value}: accept 0.45 (FMR 0.000%, other people 0.000% to" in text


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
    assert "JPEG 60: 2 genuine and 4 impostor pairs" in done.stdout
    assert "no face found in 1 of 5 references (20.0%" in done.stdout
    assert "No limits written: 4 pairs of 2 people are too few" in done.stdout
    assert not (tmp_path / "out" / "thresholds.toml").exists()


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_nothing_to_measure_is_said_in_one_line(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    said: list[str] = []
    status = command.calibrate(
        Face(), tmp_path / folder, tmp_path / "out", datetime(2026, 11, 23, tzinfo=UTC), said.append
    )
    assert status == 2 and len(said) == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("out_is", "words"), [("a file", "File exists"), ("a folder without room", "No such file")]
)
def test_where_nothing_can_be_written_nothing_is_measured(
    tmp_path: Path, portrait: Image, monkeypatch: pytest.MonkeyPatch, out_is: str, words: str
) -> None:
    folder = folders(tmp_path / "people", portrait)
    if out_is == "a file":
        (tmp_path / "out").write_text("a file")
    else:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "calibration.txt").symlink_to(tmp_path / "nowhere" / "calibration.txt")
    monkeypatch.setattr(calibrate, "calibrate", lambda *_: pytest.fail("measured first"))
    said: list[str] = []
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert command.calibrate(Face(), folder, tmp_path / "out", now, said.append) == 2
    assert len(said) == 1 and words in said[0]


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
    assert "本人每 100 次约有 14 到 38 次转人工" in words and "optimistic" in words
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


def test_the_library_itself_is_looked_for_as_the_worker_does(monkeypatch: pytest.MonkeyPatch) -> None:
    there = doctor.find_spec
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "face_recognition" else there(name))
    good, words = said_of(Face(engine="face_recognition"))
    assert not good and "package face_recognition is not installed" in words


def test_a_calibrated_share_of_the_chip_counts_only_where_its_pictures_are_compared() -> None:
    calibrated = zones.Limits(0.4, 0.5, 0.62, 0.3, 0.0001)
    limits = replace(zones.START[0], made="2026-01-01", chip=calibrated)
    assert "几乎都转人工" in doctor.share(Face(), limits, Source.CHIP)
    lenient = Face(reference=FaceReference(least_bytes=900))
    words = doctor.share(lenient, limits, Source.CHIP)
    assert "本人每 100 次约有 38 次转人工" in words
    assert "30.0 % go to a person" in words and "0.010 % of strangers are accepted" in words


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
