"""The engines: dlib on the real network, onnx on a network whose answers can be worked out by hand, the library as it is.

The tiny onnx network proves pre-processing, layout, colours, checksum and metric; what an embedder means can only be measured
with an operator's file (``python -m bench.face --onnx``).
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import subprocess
import sys
from pathlib import Path
from typing import Literal

import cv2
import dlib
import numpy as np
import pytest

from kiosk.config import Face, FaceOnnx, FaceReference
from kiosk.face import matcher_dlib, matcher_library, matcher_onnx, weights
from kiosk.face.crops import Image, aligned
from kiosk.face.dlib_network import SIZE
from kiosk.face.matcher import EngineUnusable, Matcher, open_matcher
from kiosk.face.matcher_dlib import POINTS, template
from kiosk.face.mesh import Mesh, five_points
from kiosk.face.models import Models
from kiosk.face.references import prepare_reference
from kiosk.face.variants import Variant, made
from kiosk.face.weights import ModelAltered, ModelMissing
from kiosk.face.zones import START, Direction, Source, Zone
from tests.kiosk.face.conftest import mesh_of, placed
from tests.kiosk.face.tiny_onnx import mean_of_blocks


@pytest.fixture(scope="module")
def engine() -> Matcher:
    return matcher_dlib.load()


def test_the_face_lies_where_dlib_itself_would_put_it(frame: Image, mesh: Mesh) -> None:
    """dlib's own chip for the same five points is the reference; ours averages where dlib samples a pyramid."""
    rgb = np.ascontiguousarray(frame[:, :, ::-1])
    points = [dlib.point(round(x), round(y)) for x, y in (mesh.at(number) for number in POINTS)]
    theirs = dlib.get_face_chip(
        rgb, dlib.full_object_detection(dlib.rectangle(0, 0, 1, 1), points), size=150, padding=0.25
    )
    ours = aligned(frame, mesh.points[list(POINTS), :2], template(), SIZE)[:, :, ::-1]
    # a chip that is moved by three pixels differs about four times as much
    difference = np.abs(ours.astype(int) - theirs.astype(int)).mean()
    moved = np.abs(ours[:, 3:].astype(int) - theirs[:, :-3].astype(int)).mean()
    assert difference < 4 and difference < moved / 2


def test_the_same_person_as_a_small_jpeg_is_accepted(
    networks: Models, frame: Image, mesh: Mesh, engine: Matcher
) -> None:
    small, coded_bytes = made(frame, mesh, Variant.JPEG)
    assert small.shape == (126, 102, 3) and coded_bytes is not None and 1500 < coded_bytes < 5000
    reference = prepare_reference(networks, small, FaceReference(), coded_bytes)
    assert reference.mesh is not None and not reference.too_poor
    score = engine.score(engine.embed(frame, mesh), engine.embed(reference.image, reference.mesh))
    assert 0 < score < 0.40
    assert START[0].zone(score, Source.PHOTO, engine.direction) is Zone.ACCEPT


def test_distance_size_and_a_turn_of_the_image_change_little(
    networks: Models, portrait: Image, frame: Image, mesh: Mesh, engine: Matcher
) -> None:
    there = engine.embed(frame, mesh)
    for image in (placed(portrait, 500, 340, 1.6), placed(portrait, 640, 320, 3.2, 12)):
        assert engine.score(there, engine.embed(image, mesh_of(networks, image))) < 0.3
    assert engine.score(there, there) == 0


def test_what_is_no_face_is_far_away(frame: Image, mesh: Mesh, engine: Matcher) -> None:
    noise = np.random.default_rng(5).integers(0, 255, frame.shape).astype(np.uint8)
    assert engine.score(engine.embed(frame, mesh), engine.embed(noise, mesh)) > 0.6


def test_colours_are_not_exchanged(frame: Image, mesh: Mesh, engine: Matcher) -> None:
    """The network learned RGB: fed with the other order the same picture is measurably another one."""
    there = engine.embed(frame, mesh)
    exchanged = engine.embed(np.ascontiguousarray(frame[:, :, ::-1]), mesh)
    assert engine.score(there, exchanged) > 0.05
    rgb = np.ascontiguousarray(aligned(frame, mesh.points[list(POINTS), :2], template(), SIZE)[:, :, ::-1])
    with weights.as_path(weights.checked(weights.RESNET)) as path:
        network = dlib.face_recognition_model_v1(path)
    assert np.asarray(network.compute_face_descriptor(rgb)) == pytest.approx(there, abs=1e-5)


def test_a_mesh_without_extent_is_refused(frame: Image, engine: Matcher) -> None:
    with pytest.raises(ValueError, match="distance"):
        engine.embed(frame, Mesh(np.zeros((468, 3), np.float32), 1.0))


def test_dlib_says_what_its_limits_are_bound_to(engine: Matcher) -> None:
    assert (engine.name, engine.direction) == ("dlib", Direction.SMALLER)
    assert engine.digest == "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"


def test_the_library_is_a_matcher_too_and_agrees_about_the_portrait(
    networks: Models, portrait: Image, frame: Image, mesh: Mesh
) -> None:
    library = open_matcher(Face(engine="face_recognition"))
    other = placed(portrait, 500, 340, 1.6)
    score = library.score(library.embed(frame, mesh), library.embed(other, mesh_of(networks, other)))
    assert library.name == "face_recognition" and 0 < score < 0.45
    with pytest.raises(ValueError, match="extent"):
        library.embed(frame, Mesh(np.full((468, 3), -50, np.float32), 1.0))


@pytest.mark.parametrize("name", ["dlib", "face_recognition"])
def test_an_engine_that_forgets_still_knows_the_next_face(
    name: Literal["dlib", "face_recognition"], frame: Image, mesh: Mesh
) -> None:
    engine = open_matcher(Face(engine=name))
    before = engine.embed(frame, mesh)
    engine.forget()
    assert engine.score(before, engine.embed(frame, mesh)) < 1e-4


def test_an_onnx_network_forgets(tmp_path: Path, frame: Image, mesh: Mesh) -> None:
    engine = matcher_onnx.load(onnx(tmp_path))
    engine.embed(frame, mesh)
    kept = engine._network.forward().copy()
    engine.forget()
    assert not np.allclose(engine._network.forward(), kept)


def test_the_library_reads_the_very_bytes_that_were_compared() -> None:
    code = (
        "from kiosk.face import matcher_library\nmatcher_library.load()\nimport face_recognition_models as files\n"
        "print(files.face_recognition_model_location(), files.pose_predictor_five_point_model_location())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    paths = done.stdout.split()
    assert len(paths) == 2 and all(path.startswith("/proc/self/fd/") for path in paths)


def test_a_library_that_would_end_the_process_is_refused_instead(tmp_path: Path) -> None:
    """Its older versions call quit() when their models are not found; here they are a stub that does."""
    (tmp_path / "face_recognition.py").write_text("quit()\n", encoding="utf-8")
    code = (
        "from kiosk.face import matcher_library\nfrom kiosk.face.matcher import EngineUnusable\n"
        "try:\n    matcher_library.load()\nexcept EngineUnusable as error:\n    print('refused:', error)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}:{root}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "refused: face_recognition refuses to be imported\n", done.stderr


def test_a_missing_package_is_said_before_anything_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher_library, "LIBRARY", ("no_such_package",))
    with pytest.raises(EngineUnusable, match="no_such_package is not installed"):
        matcher_library.load()
    assert importlib.util.find_spec("face_recognition") is not None


# --- onnx -----------------------------------------------------------------------------------------------------------


def onnx(tmp_path: Path, content: bytes | None = None, **changes: object) -> FaceOnnx:
    content = mean_of_blocks(changes.get("layout") == "nhwc") if content is None else content
    path = tmp_path / "tiny.onnx"
    path.write_bytes(content)
    settings: dict[str, object] = {
        "file": path,
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "written for this test",
        "outputs": 48,
    }
    return FaceOnnx(**{**settings, **changes})  # type: ignore[arg-type]


ARCFACE = np.array(
    ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)),
    np.float32,
)


def by_hand(
    frame: Image, mesh: Mesh, rgb: bool, mean: float, scale: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What the tiny network must answer, in float64."""
    chip = aligned(frame, five_points(mesh), ARCFACE, 112).astype(np.float64)
    planes = ((chip[:, :, ::-1] if rgb else chip) - mean).transpose(2, 0, 1) * scale
    blocks = planes.reshape(3, 4, 28, 4, 28).mean(axis=(2, 4)).reshape(-1)
    return np.asarray(blocks / math.sqrt(float(blocks @ blocks)))


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize(("colours", "mean", "scale"), [("bgr", 127.0, 1 / 128), ("rgb", 0.0, 1 / 255)])
def test_the_network_is_fed_exactly_as_configured(
    tmp_path: Path, frame: Image, mesh: Mesh, layout: str, colours: str, mean: float, scale: float
) -> None:
    settings = onnx(tmp_path, layout=layout, colours=colours, mean=mean, scale=scale)
    found = matcher_onnx.load(settings).embed(frame, mesh)
    assert found.shape == (48,) and found.dtype == np.float32
    assert found == pytest.approx(by_hand(frame, mesh, colours == "rgb", mean, scale), abs=2e-5)


def test_every_value_is_moved_by_the_mean_and_then_scaled() -> None:
    chip = np.zeros((112, 112, 3), np.uint8)
    chip[5, 7] = (10, 127, 255)
    fed = matcher_onnx.tensor(chip, FaceOnnx(mean=127.0, scale=0.0078125))
    assert fed.shape == (1, 3, 112, 112) and fed.dtype == np.float32
    assert fed[0, :, 5, 7] == pytest.approx((-117 / 128, 0, 1))
    turned = matcher_onnx.tensor(chip, FaceOnnx(mean=0.0, scale=0.5, colours="rgb", layout="nhwc"))
    assert turned.shape == (1, 112, 112, 3)
    assert turned[0, 5, 7] == pytest.approx((127.5, 63.5, 5))


def test_vectors_are_compared_as_configured(tmp_path: Path) -> None:
    east, north = np.array((1, 0), np.float32), np.array((0, 1), np.float32)
    cosine = matcher_onnx.load(onnx(tmp_path))
    assert (cosine.direction, cosine.score(east, east), cosine.score(east, north)) == (Direction.LARGER, 1, 0)
    euclidean = matcher_onnx.load(onnx(tmp_path, metric="euclidean"))
    assert euclidean.direction is Direction.SMALLER
    assert euclidean.score(east, north) == pytest.approx(math.sqrt(2))
    assert matcher_onnx.unit(np.array((3, 4), np.float32)) == pytest.approx((0.6, 0.8))
    with pytest.raises(ValueError, match="direction"):
        matcher_onnx.unit(np.zeros(4, np.float32))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file": None}, "must name the network"),
        ({"sha256": ""}, "must name the network"),
        ({"licence": " "}, "licence must say"),
        ({"outputs": 512}, "gives 48 numbers, face.onnx.outputs says 512"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_refuses(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    with pytest.raises(EngineUnusable, match=words):
        open_matcher(Face(engine="onnx", onnx=onnx(tmp_path, **change)))


def test_a_file_that_is_missing_altered_or_no_network_refuses(tmp_path: Path) -> None:
    good = onnx(tmp_path)
    assert good.file is not None
    good.file.write_bytes(mean_of_blocks() + b"\0")
    with pytest.raises(ModelAltered):
        matcher_onnx.load(good)
    good.file.unlink()
    with pytest.raises(ModelMissing):
        matcher_onnx.load(good)
    with pytest.raises(EngineUnusable, match="no network that OpenCV can run"):
        matcher_onnx.load(onnx(tmp_path, content=b"not a network"))


def test_the_digest_may_be_written_in_capitals(tmp_path: Path) -> None:
    settings = onnx(tmp_path)
    capital = matcher_onnx.load(onnx(tmp_path, sha256=settings.sha256.upper()))
    assert capital.digest == matcher_onnx.load(settings).digest != settings.sha256


def test_a_stored_vector_of_another_form_is_not_this_engines(tmp_path: Path, engine: Matcher) -> None:
    cosine = matcher_onnx.load(onnx(tmp_path))
    one = np.zeros(48, np.float32)
    one[3] = 1
    assert cosine.fits(one) and not cosine.fits(20 * one) and not cosine.fits(one[:47])
    assert not cosine.fits(one * np.float32("nan"))
    long = np.full(128, 0.1, np.float32)
    assert (
        engine.fits(long) and not engine.fits(long[:64]) and not engine.fits(np.full(128, np.inf, np.float32))
    )


def test_the_configured_engine_is_the_one_that_is_opened(tmp_path: Path) -> None:
    assert open_matcher(Face()).name == "dlib"
    assert open_matcher(Face(engine="onnx", onnx=onnx(tmp_path))).name == "onnx"


def test_grey_pictures_are_compared_as_well(
    networks: Models, frame: Image, mesh: Mesh, engine: Matcher
) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    assert engine.score(engine.embed(frame, mesh), engine.embed(grey, mesh_of(networks, grey))) < 0.40
