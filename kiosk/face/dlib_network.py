"""dlib's face network, anet_type of its dnn_face_recognition_ex.cpp, computed by OpenCV with the very weights of dlib's file.

    150 x 150      convolution 7 x 7 by twos, 32 channels; the largest of 3 x 3 by twos
    35 x 35        3 blocks of 32 channels
    17 x 17        a halving block to 64 channels, 3 blocks
    8 x 8          a halving block to 128, 2 blocks
    4 x 4          a halving block to 256, 2 blocks
    2 x 2          a halving block; the mean of everything, times a matrix: 128 numbers

    block          what comes in, plus twice a 3 x 3 convolution of it
    halving block  the mean of 2 x 2 of what comes in, plus the same with a first convolution by twos

A convolution by twos has no border in dlib: of 8 x 8 it leaves 3 x 3, of 4 x 4 one, where the mean leaves 4 x 4 and 2 x 2.  dlib
adds such two by filling up the smaller with zeros, at the right, at the bottom and in new channels; so do we, with a Pad.  Scale
and shift behind a convolution are worked into its weights.
"""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.face import dlib_file
from kiosk.face.crops import Image
from kiosk.face.dlib_file import AddTagged, Affine, AveragePool, Convolution, MaxPool, Product, Relu, Tag
from kiosk.face.onnx_graph import Graph, Value
from kiosk.face.weights import ModelAltered

SIZE = 150
CHANNELS = 32
# channels, blocks; the first of a later group halves
GROUPS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
OUTPUTS = 128
COLOURS_PER_ONE = 256  # input_rgb_image_sized: (pixel - average) / 256

_L = TypeVar("_L", bound=dlib_file.Layer)


class Encoder:
    """One network of OpenCV: it keeps its last input, and belongs to one thread.  It lets other threads run while it computes."""

    def __init__(self, network: Any, averages: tuple[float, float, float]) -> None:
        self._network, self._averages = network, averages

    def encode(self, chip: Image) -> NDArray[np.float32]:
        """The 128 numbers of a BGR image, (150, 150, 3) uint8."""
        self._network.setInput(
            cv2.dnn.blobFromImage(chip, 1 / COLOURS_PER_ONE, mean=self._averages, swapRB=True)
        )
        numbers: NDArray[np.float32] = self._network.forward().reshape(OUTPUTS)
        return numbers


def load(content: bytes, name: str) -> Encoder:
    """The network in dlib's file.  Raises ModelAltered, with the file's ``name``, when it is another one."""
    network = dlib_file.read(content, name)
    model = np.frombuffer(as_onnx(network, name), np.uint8)
    return Encoder(cv2.dnn.readNetFromONNX(model), network.averages)


def as_onnx(network: dlib_file.Network, name: str) -> bytes:
    """The same network as an ONNX model: (1, 3, 150, 150) -> (1, 128, 1, 1).  Raises ModelAltered."""
    if network.size != (SIZE, SIZE) or not all(0 < average < 256 for average in network.averages):
        raise ModelAltered(name, "takes other pictures")
    return _Builder(network, name).content()


class _Builder:
    """Takes the layers one after the other, each of which must be the one that comes there."""

    def __init__(self, network: dlib_file.Network, name: str) -> None:
        self._layers, self._name, self._graph = iter(network.layers), name, Graph()

    def content(self) -> bytes:
        source = Value("pixels", (3, SIZE, SIZE))
        value = self._rectified(self._convolved(source, CHANNELS, 7, stride=2))
        value = self._largest(value)
        for number, (channels, blocks) in enumerate(GROUPS):
            for block in range(blocks):
                value = self._block(value, channels, halving=number > 0 and block == 0)
        self._take(AveragePool, AveragePool((0, 0), (1, 1), (0, 0)))
        value = Value(self._graph.node("GlobalAveragePool", value.name), (value.shape[0], 1, 1))
        product = self._take(Product)
        if product.matrix.shape != (value.shape[0], OUTPUTS):
            raise self._another()
        matrix = self._graph.constant(product.matrix.T.reshape(OUTPUTS, -1, 1, 1))
        target = Value(self._graph.node("Conv", value.name, matrix, kernel_shape=(1, 1)), (OUTPUTS, 1, 1))
        if next(self._layers, None) is not None:
            raise self._another()
        return self._graph.content(source, target)

    def _block(self, value: Value, channels: int, *, halving: bool) -> Value:
        self._take(Tag)
        changed = self._rectified(self._convolved(value, channels, 3, stride=2 if halving else 1))
        changed = self._convolved(changed, channels, 3)
        if halving:
            self._take(Tag)
            self._take(Tag)
            self._take(AveragePool, AveragePool((2, 2), (2, 2), (0, 0)))
            kept, rows, columns = value.shape
            name = self._graph.node("AveragePool", value.name, kernel_shape=(2, 2), strides=(2, 2))
            value = Value(name, (kept, rows // 2, columns // 2))
        self._take(AddTagged)
        together = (channels, value.shape[1], value.shape[2])
        value, changed = self._filled_up(value, together), self._filled_up(changed, together)
        return self._rectified(Value(self._graph.node("Add", value.name, changed.name), together))

    def _convolved(self, value: Value, channels: int, side: int, *, stride: int = 1) -> Value:
        border = side // 2 if stride == 1 else 0  # dlib's own rule
        convolution, affine = self._take(Convolution), self._take(Affine)
        if (
            convolution.filters.shape != (channels, value.shape[0], side, side)
            or (convolution.stride, convolution.padding) != ((stride, stride), (border, border))
            or affine.scale.shape != (channels,)
        ):
            raise self._another()
        name = self._graph.node(
            "Conv",
            value.name,
            self._graph.constant(convolution.filters * affine.scale[:, None, None, None]),
            self._graph.constant(convolution.biases * affine.scale + affine.shift),
            kernel_shape=(side, side),
            strides=(stride, stride),
            pads=(border,) * 4,
        )
        rows, columns = ((length + 2 * border - side) // stride + 1 for length in value.shape[1:])
        return Value(name, (channels, rows, columns))

    def _rectified(self, value: Value) -> Value:
        self._take(Relu)
        return Value(self._graph.node("Relu", value.name), value.shape)

    def _largest(self, value: Value) -> Value:
        self._take(MaxPool, MaxPool((3, 3), (2, 2), (0, 0)))
        name = self._graph.node("MaxPool", value.name, kernel_shape=(3, 3), strides=(2, 2))
        channels, rows, columns = value.shape
        return Value(name, (channels, (rows - 3) // 2 + 1, (columns - 3) // 2 + 1))

    def _filled_up(self, value: Value, shape: tuple[int, int, int]) -> Value:
        if value.shape == shape:
            return value
        missing = tuple(wanted - there for wanted, there in zip(shape, value.shape, strict=True))
        return Value(self._graph.node("Pad", value.name, pads=(0, 0, 0, 0, 0, *missing)), shape)

    def _take(self, kind: type[_L], exactly: _L | None = None) -> _L:
        layer = next(self._layers, None)
        if not isinstance(layer, kind) or (exactly is not None and layer != exactly):
            raise self._another()
        return layer

    def _another(self) -> ModelAltered:
        return ModelAltered(self._name, "is another network than dlib's for faces")
