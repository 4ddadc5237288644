"""dlib's network without dlib: the same vectors as the package's own, and nothing but the known network is read.

The vectors may differ by 1e-5 in each of 128 numbers, so that a distance of two faces moves by less than 2.3e-4 whatever
happens; the limits are 0.40 and 0.50, and people's own two pictures differ by a thousand times as much.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import cv2
import dlib  # type: ignore[import-untyped]  # ships no types
import numpy as np
import pytest

from kiosk.face import dlib_file, dlib_network, matcher_dlib, weights
from kiosk.face.crops import Image, aligned
from kiosk.face.dlib_file import (
    AddTagged,
    Affine,
    AveragePool,
    Convolution,
    Layer,
    MaxPool,
    Network,
    Product,
    Relu,
    Tag,
)
from kiosk.face.dlib_network import OUTPUTS, SIZE, Encoder
from kiosk.face.matcher import Vector
from kiosk.face.matcher_dlib import POINTS, template
from kiosk.face.mesh import Mesh
from kiosk.face.onnx_graph import Graph, Value
from kiosk.face.weights import RESNET, ModelAltered

SAME = 1e-5
FLIPS = 200


@pytest.fixture(scope="module")
def content() -> bytes:
    return weights.checked(RESNET)


@pytest.fixture(scope="module")
def network(content: bytes) -> Network:
    return dlib_file.read(content, RESNET.name)


@pytest.fixture(scope="module")
def encoder(content: bytes) -> Encoder:
    return dlib_network.load(content, RESNET.name)


@pytest.fixture(scope="module")
def dlibs_own(content: bytes) -> Callable[[Image], Vector]:
    """What the package dlib says of a BGR chip."""
    with weights.as_path(content) as path:
        model = dlib.face_recognition_model_v1(path)
    return lambda chip: np.array(model.compute_face_descriptor(np.ascontiguousarray(chip[:, :, ::-1])))


# --- the same vectors ---------------------------------------------------------------------------------------


def chips() -> dict[str, Image]:
    dice = np.random.default_rng(11)
    made = {f"noise {number}": dice.integers(0, 256, (SIZE, SIZE, 3), np.uint8) for number in range(3)}
    made |= {f"all {level}": np.full((SIZE, SIZE, 3), level, np.uint8) for level in (0, 255)}
    made["one colour"] = np.full((SIZE, SIZE, 3), (200, 30, 90), np.uint8)
    # nothing but the last row and the last column: what a border too many or too few would lose
    edge = np.zeros((SIZE, SIZE, 3), np.uint8)
    edge[-1, :], edge[:, -1] = 255, 255
    return made | {"edge": edge}


@pytest.mark.parametrize("name", chips())
def test_any_picture_gives_dlibs_own_vector(
    encoder: Encoder, dlibs_own: Callable[[Image], Vector], name: str
) -> None:
    chip = chips()[name]
    assert np.abs(encoder.encode(chip) - dlibs_own(chip)).max() < SAME


def test_the_portrait_gives_dlibs_own_vector(
    encoder: Encoder, dlibs_own: Callable[[Image], Vector], frame: Image, mesh: Mesh
) -> None:
    chip = aligned(frame, mesh.points[list(POINTS), :2], template(), SIZE)
    ours = encoder.encode(chip)
    assert ours.shape == (OUTPUTS,) and ours.dtype == np.float32
    assert np.abs(ours - dlibs_own(chip)).max() < SAME
    assert np.array_equal(ours, matcher_dlib.DlibMatcher(encoder).embed(frame, mesh))
    # the tolerance would see a shift of a single pixel, by far
    assert np.abs(ours - dlibs_own(np.roll(chip, 1, axis=1))).max() > 100 * SAME


def test_distances_are_dlibs_own(encoder: Encoder, dlibs_own: Callable[[Image], Vector]) -> None:
    one, other = chips()["noise 0"], chips()["edge"]
    ours = float(np.linalg.norm(encoder.encode(one) - encoder.encode(other)))
    theirs = float(np.linalg.norm(dlibs_own(one) - dlibs_own(other)))
    assert abs(ours - theirs) < 2 * SAME * math.sqrt(OUTPUTS)


def test_a_vector_stays_what_it_is_when_the_next_face_is_looked_at(encoder: Encoder) -> None:
    first = encoder.encode(chips()["noise 0"])
    kept = first.copy()
    encoder.encode(chips()["all 255"])
    assert np.array_equal(first, kept)


# --- what is in the file ------------------------------------------------------------------------------------


def test_the_file_holds_the_network_of_its_paper(network: Network) -> None:
    # 29 convolutions and the averages: dnn_face_recognition_ex.cpp and input_rgb_image_sized in dlib/dnn/input.h
    kinds = Counter(type(layer) for layer in network.layers)
    assert (kinds[Convolution], kinds[Product], kinds[MaxPool], kinds[AddTagged]) == (29, 1, 1, 14)
    assert network.averages == tuple(np.array((122.782, 117.001, 104.298), np.float32))
    assert network.size == (150, 150)
    first, last = network.layers[0], network.layers[-1]
    assert isinstance(first, Convolution) and first.filters.shape == (32, 3, 7, 7)
    assert isinstance(last, Product) and last.matrix.shape == (256, 128)


def test_weights_are_views_of_the_files_bytes(network: Network) -> None:
    for layer in network.layers:
        if isinstance(layer, Convolution):
            assert not layer.filters.flags.owndata and not layer.filters.flags.writeable


# --- what is refused ----------------------------------------------------------------------------------------


def said_places(content: bytes) -> list[int]:
    """Where something else than weights is written: the beginning, and around every layer's name."""
    names = re.finditer(rb"con_4|affine_|relu_|add_prev_|avg_pool_2|fc_2", content)
    around = (place for name in names for place in range(name.start() - 24, name.end() + 12))
    return sorted({*range(400), *(place for place in around if place < len(content))})


def test_a_file_cut_off_anywhere_is_refused(content: bytes) -> None:
    dice = Random(3)
    places = {*range(0, 360, 3), *(dice.randrange(len(content)) for _ in range(20)), len(content) - 1}
    for place in sorted(places):
        with pytest.raises(ModelAltered) as refusal:
            dlib_file.read(content[:place], RESNET.name)
        assert refusal.value.name == RESNET.name


def test_bytes_behind_it_are_refused(content: bytes) -> None:
    with pytest.raises(ModelAltered, match="something comes behind it"):
        dlib_file.read(content + b"\0", RESNET.name)


def test_a_changed_byte_is_refused_or_changes_nothing_but_numbers(content: bytes, network: Network) -> None:
    """The digest refuses every change before; here is what happens should it ever not."""
    dice, places, refused = Random(5), said_places(content), 0
    for _ in range(FLIPS):
        altered = bytearray(content)
        altered[dice.choice(places)] ^= 1 << dice.randrange(8)
        try:
            found = dlib_file.read(bytes(altered), RESNET.name)
            dlib_network.as_onnx(found, RESNET.name)
        except ModelAltered:
            refused += 1
        else:
            assert [type(layer) for layer in found.layers] == [type(layer) for layer in network.layers]
    assert refused > FLIPS // 3


# literal bytes of the file, and what is put in their place, once
TAMPERED = {
    "an average of 2 ** 32512": (b"\x03\x62\x90\xf5\x81\x11", b"\x03\x62\x90\xf5\x02\x00\x7f"),
    "a tensor of 2 ** 62 rows": (
        b"con_4\x01\x02\x02\x80\x12\x01\x01",
        b"con_4\x01\x02\x01\x00\x08\0\0\0\0\0\0\0\x40",
    ),
    "a tensor of -4736 numbers": (b"con_4\x01\x02\x02\x80\x12", b"con_4\x01\x02\x82\x80\x12"),
    "filters of four colours": (
        b"\x01\x01\x01\x20\x01\x03\x01\x07\x01\x07",
        b"\x01\x01\x01\x20\x01\x04\x01\x07\x01\x07",
    ),
    "a matrix of 127": (b"fc_2\x01\x80", b"fc_2\x01\x7f"),
    "another kind of layer": (b"con_4", b"con_9"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_number_that_cannot_be_is_refused(content: bytes, name: str) -> None:
    there, instead = TAMPERED[name]
    assert there in content
    with pytest.raises(ModelAltered):
        dlib_network.load(content.replace(there, instead, 1), RESNET.name)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\x81\x01", b"\x01\x02", b"\xff" * 64, b"not a network"])
def test_what_is_no_network_is_refused(content: bytes) -> None:
    with pytest.raises(ModelAltered):
        dlib_network.load(content, "any.dat")


def swapped(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return (layers[0], layers[2], layers[1], *layers[3:])


def strided(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    assert isinstance(layers[0], Convolution)
    return (replace(layers[0], stride=(1, 1)), *layers[1:])


def bordered(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    assert isinstance(layers[0], Convolution)
    return (replace(layers[0], padding=(3, 3)), *layers[1:])


def rescaled(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    assert isinstance(layers[1], Affine)
    return (layers[0], Affine(layers[1].scale[:1], layers[1].shift[:1]), *layers[2:])


def pooled(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(
        replace(layer, size=(3, 3)) if isinstance(layer, AveragePool) and layer.size == (2, 2) else layer
        for layer in layers
    )


def transposed(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    assert isinstance(layers[-1], Product)
    return (*layers[:-1], Product(layers[-1].matrix.T))


def untagged(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(layer for layer in layers if not isinstance(layer, Tag))


OTHERS: tuple[Callable[[tuple[Layer, ...]], tuple[Layer, ...]], ...] = (
    lambda layers: (),
    lambda layers: layers[:-1],
    lambda layers: (*layers, Relu()),
    swapped,
    strided,
    bordered,
    rescaled,
    pooled,
    transposed,
    untagged,
)


@pytest.mark.parametrize("change", OTHERS)
def test_another_network_is_refused(
    network: Network, change: Callable[[tuple[Layer, ...]], tuple[Layer, ...]]
) -> None:
    with pytest.raises(ModelAltered, match="another network"):
        dlib_network.as_onnx(replace(network, layers=change(network.layers)), RESNET.name)


def test_a_network_for_other_pictures_is_refused(network: Network) -> None:
    for other in (replace(network, size=(112, 112)), replace(network, averages=(0.0, 117.0, 104.0))):
        with pytest.raises(ModelAltered, match="other pictures"):
            dlib_network.as_onnx(other, RESNET.name)


def test_an_altered_file_never_becomes_a_matcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = bytearray(weights.checked(RESNET))
    altered[-4000] ^= 1  # in the last matrix: it could be read
    (tmp_path / RESNET.name).write_bytes(altered)
    monkeypatch.setattr(weights, "path_of", lambda one: tmp_path / one.name)
    with pytest.raises(ModelAltered, match="SHA-256"):
        matcher_dlib.load()


# --- the model that is written ------------------------------------------------------------------------------


def test_what_is_written_is_what_opencv_computes() -> None:
    """One convolution by hand: 2 x the red channel, plus 3, filled up with a row and a channel of zeros."""
    graph = Graph()
    kernel = np.array((2, 0, 0), np.float32).reshape(1, 3, 1, 1)
    convolved = graph.node(
        "Conv", "in", graph.constant(kernel), graph.constant(np.array((3,), np.float32)), kernel_shape=(1, 1)
    )
    filled = graph.node("Pad", convolved, pads=(0, 0, 0, 0, 0, 1, 1, 0))
    content = graph.content(Value("in", (3, 2, 300)), Value(filled, (2, 3, 300)))
    model = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
    pixels = np.arange(3 * 2 * 300, dtype=np.float32).reshape(1, 3, 2, 300)
    model.setInput(pixels)
    expected = np.zeros((1, 2, 3, 300), np.float32)
    expected[0, 0, :2] = 2 * pixels[0, 0] + 3
    assert np.array_equal(model.forward(), expected)
