"""A network without weights, written byte by byte after onnx.proto3: the mean of every 28 x 28 pixels, flattened.

What it answers can be worked out by hand from what it was fed, so that a test sees exactly what pre-processing did.
"""

from __future__ import annotations


def mean_of_blocks(nhwc: bool = False) -> bytes:
    """1 x 3 x 112 x 112 (or 1 x 112 x 112 x 3) -> 1 x 48: averages of 4 x 4 blocks, channel by channel."""
    side = (1, 112, 112, 3) if nhwc else (1, 3, 112, 112)
    turn = [_node("Transpose", "input", "turned", _ints("perm", (0, 3, 1, 2)))] if nhwc else []
    pooled = _node(
        "AveragePool",
        "turned" if nhwc else "input",
        "blocks",
        _ints("kernel_shape", (28, 28)),
        _ints("strides", (28, 28)),
    )
    graph = b"".join(
        [
            *(
                _field(1, node)
                for node in [*turn, pooled, _node("Flatten", "blocks", "output", _int("axis", 1))]
            ),
            _field(2, b"tiny"),
            _field(11, _value("input", side)),
            _field(12, _value("output", (1, 48))),
        ]
    )
    return _number(1, 8) + _field(7, graph) + _field(8, _number(2, 13))  # ir_version, graph, opset_import


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return out + bytes((value,))


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _ints(name: str, values: tuple[int, ...]) -> bytes:
    """AttributeProto: name = 1, ints = 8, type = 20 (INTS = 7)."""
    return _field(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7)


def _int(name: str, value: int) -> bytes:
    """AttributeProto: name = 1, i = 3, type = 20 (INT = 2)."""
    return _field(1, name.encode()) + _number(3, value) + _number(20, 2)


def _node(kind: str, source: str, target: str, *attributes: bytes) -> bytes:
    """NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5."""
    return b"".join(
        [
            _field(1, source.encode()),
            _field(2, target.encode()),
            _field(3, target.encode()),
            _field(4, kind.encode()),
            *(_field(5, attribute) for attribute in attributes),
        ]
    )


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    """ValueInfoProto: name = 1, type = 2 / tensor_type = 1 / elem_type = 1 (FLOAT = 1), shape = 2 / dim = 1 / dim_value = 1."""
    dimensions = b"".join(_field(1, _number(1, side)) for side in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, 1) + _field(2, dimensions)))
