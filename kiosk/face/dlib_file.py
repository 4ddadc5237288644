"""A network as dlib writes it to a file, read without dlib: dlib/serialize.h and dlib/dnn/{core,layers,input,loss,tensor}.h.

    integer    one byte: 0x80 negative, low four bits the number of bytes that follow; those, little-endian
    float      two integers, mantissa and exponent of two
    bool       '0' or '1' in ASCII
    text       its length, then the bytes
    tensor     2, samples, channels, rows, columns, then float32, little-endian
    view       1, samples, channels, rows, columns: a part of the layer's one tensor

    file       1, the loss; a version number for every layer, from the output back to the input, where 3 ends it, 2 is a layer
               with something to say and 1 a mere tag; the input; then what each layer has to say, from the input on
    layer      its name and its own fields, three bools, three tensors (empty unless it was being trained)

Only the layers and versions of the pinned file are known here.  Weights are not copied: they are views of the file's bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from kiosk.face.weights import ModelAltered

Weights = NDArray[np.float32]
Pair = tuple[int, int]  # rows, columns

SIDE_MOST = 1 << 20
EXPONENT_MOST = 256  # a float32 needs half of it; what is written for infinity is far above
# versions of add_layer on the input, of add_layer elsewhere, of add_tag_layer and add_skip_layer
FIRST_LAYER, LAYER, TAG = 3, 2, 1
PER_CHANNEL, NO_BIAS = 0, 1  # layer_mode CONV_MODE, fc_bias_mode FC_NO_BIAS


@dataclass(frozen=True)
class Tag:
    """A name for what comes here: a later layer looks back at it, or goes on from it."""


@dataclass(frozen=True)
class Convolution:
    """``filters`` (out, in, rows, columns), ``biases`` (out,)."""

    filters: Weights
    biases: Weights
    stride: Pair
    padding: Pair


@dataclass(frozen=True)
class Affine:
    """One scale and one shift for each channel, (channels,) both."""

    scale: Weights
    shift: Weights


@dataclass(frozen=True)
class Relu:
    pass


@dataclass(frozen=True)
class MaxPool:
    size: Pair
    stride: Pair
    padding: Pair


@dataclass(frozen=True)
class AveragePool:
    """A size of (0, 0) is everything."""

    size: Pair
    stride: Pair
    padding: Pair


@dataclass(frozen=True)
class AddTagged:
    """What was tagged is added; the smaller of the two is filled up with zeros, in channels, rows and columns."""


@dataclass(frozen=True)
class Product:
    """``matrix`` (in, out), without a bias."""

    matrix: Weights


Layer = Tag | Convolution | Affine | Relu | MaxPool | AveragePool | AddTagged | Product


@dataclass(frozen=True)
class Network:
    """``averages`` of red, green and blue are taken off a picture of ``size``; ``layers`` from the input on."""

    averages: tuple[float, float, float]
    size: Pair
    layers: tuple[Layer, ...]


def read(content: bytes, name: str) -> Network:
    """Raises ModelAltered, with the file's ``name``, when the bytes are anything but such a file, whole and nothing behind it."""
    source = _Source(content, name)
    source.expect(1)
    source.word("loss_metric_2")
    source.floats(2)  # for training
    chain = [source.integer()]
    while chain[-1] != FIRST_LAYER:
        if chain[-1] not in (LAYER, TAG):
            raise source.refused(f"a layer of version {chain[-1]}")
        chain.append(source.integer())
    source.word("input_rgb_image_sized")
    red, green, blue = source.floats(3)
    size = source.pair()
    layers = tuple(Tag() if version == TAG else _layer(source, version) for version in reversed(chain))
    source.end()
    return Network((red, green, blue), size, layers)


def _layer(source: _Source, version: int) -> Layer:
    kind = source.text()
    if kind not in _READERS:
        raise source.refused("a layer of a kind that is not known")
    layer = _READERS[kind](source)
    for _ in range(3):
        source.boolean()
    for _ in range(3):
        source.tensor()
    if version == FIRST_LAYER:
        source.expect(1)  # samples for each picture
    return layer


def _convolution(source: _Source) -> Convolution:
    weights = source.tensor().reshape(-1)
    source.integer()  # the number of filters, once more
    size, stride, padding = source.pair(), source.pair(), source.pair()
    filters, biases = source.view(), source.view()
    source.floats(4)  # for training
    if filters[2:] != size or prod(filters) + prod(biases) != weights.size or prod(biases) != filters[0]:
        raise source.refused("filters of another size than said")
    split = prod(filters)
    return Convolution(weights[:split].reshape(filters), weights[split:], stride, padding)


def _affine(source: _Source) -> Affine:
    weights = source.tensor().reshape(-1)
    scale, shift = prod(source.view()), prod(source.view())
    source.expect(PER_CHANNEL)
    if scale != shift or scale + shift != weights.size:
        raise source.refused("scales of another size than said")
    return Affine(weights[:scale], weights[scale:])


def _product(source: _Source) -> Product:
    outputs, inputs = source.integer(), source.integer()
    weights = source.tensor()
    source.view()
    source.view()
    source.expect(NO_BIAS)
    source.floats(4)  # for training
    if weights.shape != (inputs, outputs, 1, 1):
        raise source.refused("a matrix of another size than said")
    return Product(weights.reshape(inputs, outputs))


class _Source:
    """The bytes, and how far they have been read."""

    def __init__(self, content: bytes, name: str) -> None:
        self._content, self._name, self._at = content, name, 0

    def refused(self, words: str) -> ModelAltered:
        return ModelAltered(self._name, f"is not the network that is known: {words} before byte {self._at}")

    def take(self, count: int) -> bytes:
        end = self._at + count
        if not 0 <= count <= len(self._content) - self._at:
            raise self.refused("it is cut off")
        taken = self._content[self._at : end]
        self._at = end
        return taken

    def integer(self) -> int:
        (control,) = self.take(1)
        count = control & 0x0F
        if control & 0x70 or not 1 <= count <= 8:
            raise self.refused("no integer")
        size = int.from_bytes(self.take(count), "little")
        return -size if control & 0x80 else size

    def expect(self, value: int) -> None:
        if self.integer() != value:
            raise self.refused(f"something else than {value}")

    def floats(self, count: int) -> tuple[float, ...]:
        return tuple(self._float() for _ in range(count))

    def _float(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        if abs(exponent) > EXPONENT_MOST:
            raise self.refused("no number")
        return mantissa * 2.0**exponent

    def boolean(self) -> bool:
        byte = self.take(1)
        if byte not in (b"0", b"1"):
            raise self.refused("neither true nor false")
        return byte == b"1"

    def text(self) -> str:
        return self.take(self.integer()).decode("latin-1")

    def word(self, expected: str) -> None:
        if self.text() != expected:
            raise self.refused(f"something else than {expected}")

    def pair(self) -> Pair:
        return self.integer(), self.integer()

    def view(self) -> tuple[int, int, int, int]:
        self.expect(1)
        return self._shape()

    def tensor(self) -> Weights:
        self.expect(2)
        shape = self._shape()
        count = prod(shape)
        if count * 4 > len(self._content) - self._at:
            raise self.refused("it is cut off")
        weights = np.frombuffer(self._content, "<f4", count, self._at).reshape(shape)
        self._at += count * 4
        return weights

    def _shape(self) -> tuple[int, int, int, int]:
        shape = self.integer(), self.integer(), self.integer(), self.integer()
        if min(shape) < 0 or max(shape) > SIDE_MOST:
            raise self.refused("no size")
        return shape

    def end(self) -> None:
        if self._at != len(self._content):
            raise self.refused("something comes behind it")


_READERS: Mapping[str, Callable[[_Source], Layer]] = {
    "con_4": _convolution,
    "affine_": _affine,
    "relu_": lambda source: Relu(),
    "max_pool_2": lambda source: MaxPool(source.pair(), source.pair(), source.pair()),
    "avg_pool_2": lambda source: AveragePool(source.pair(), source.pair(), source.pair()),
    "add_prev_": lambda source: AddTagged(),
    "fc_2": _product,
}
