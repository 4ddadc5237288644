"""A network written as ONNX, in memory: as much of onnx.proto3, and of protobuf's wire format, as a convolutional network needs.

field    (number << 3 | wire type) and its content: 0 an integer, 2 a length and so many bytes; integers are varints
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VARINT, BYTES = 0, 2
IR_VERSION, OPSET = 8, 10  # below 11 a Pad has its sizes beside it, as all others have
FLOAT, INTS = 1, 7  # TensorProto.FLOAT, AttributeProto.INTS

Part = bytes | memoryview


@dataclass(frozen=True)
class Value:
    """Something between two nodes, and its shape without the batch's one: channels, rows, columns."""

    name: str
    shape: tuple[int, int, int]


class Graph:
    """Nodes in the order in which they are computed.  Weights are not copied before ``content``."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._count = 0

    def constant(self, weights: NDArray[np.float32]) -> str:
        """TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9; an initializer = 5 of the graph."""
        raw = np.ascontiguousarray(weights, "<f4").data.cast("B")
        name = self._name()
        head = b"".join(_number(1, side) for side in weights.shape) + _number(2, FLOAT)
        head += _field(8, name.encode()) + _varint(9 << 3 | BYTES) + _varint(len(raw))
        self._parts += [_varint(5 << 3 | BYTES) + _varint(len(head) + len(raw)) + head, raw]
        return name

    def node(self, kind: str, *sources: str, **sizes: tuple[int, ...]) -> str:
        """NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5; a node = 1 of the graph.  Gives its output."""
        name = self._name()
        content = b"".join(_field(1, source.encode()) for source in sources)
        content += _field(2, name.encode()) + _field(3, name.encode()) + _field(4, kind.encode())
        content += b"".join(_field(5, _ints(word, values)) for word, values in sizes.items())
        self._parts.append(_field(1, content))
        return name

    def content(self, source: Value, target: Value) -> bytes:
        """ModelProto: ir_version = 1, graph = 7, opset_import = 8; GraphProto: name = 2, input = 11, output = 12."""
        rest = _field(2, b"network") + _field(11, _described(source)) + _field(12, _described(target))
        length = sum(len(part) for part in self._parts) + len(rest)
        head = (
            _number(1, IR_VERSION) + _field(8, _number(2, OPSET)) + _varint(7 << 3 | BYTES) + _varint(length)
        )
        return b"".join([head, *self._parts, rest])

    def _name(self) -> str:
        self._count += 1
        return str(self._count)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | VARINT) + _varint(value)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(content)) + content


def _ints(name: str, values: tuple[int, ...]) -> bytes:
    """AttributeProto: name = 1, ints = 8, type = 20."""
    return _field(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, INTS)


def _described(value: Value) -> bytes:
    """ValueInfoProto: name = 1, type = 2 / tensor_type = 1 / elem_type = 1, shape = 2 / dim = 1 / dim_value = 1."""
    dimensions = b"".join(_field(1, _number(1, side)) for side in (1, *value.shape))
    return _field(1, value.name.encode()) + _field(2, _field(1, _number(1, FLOAT) + _field(2, dimensions)))
