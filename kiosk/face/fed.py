"""What an operator's network is bound to: its weights, and how they are fed.  No arrays.

Other colours, another scale or template, and its scores mean something else: limits that were measured for the one say nothing
about the other.  So limits, stored vectors and evidence name both together.
"""

from __future__ import annotations

from hashlib import sha256

from kiosk.config import FaceOnnx

FED = ("layout", "colours", "mean", "scale", "side_px", "template", "metric")


def fed(onnx: FaceOnnx) -> str:
    """SHA-256, in hexadecimal, over the digest of the weights and every setting that changes a score."""
    template = [float(word) for word in onnx.template.split()]
    said = {**{key: getattr(onnx, key) for key in FED}, "template": template}
    return sha256(
        "\n".join((onnx.sha256.lower(), *(f"{key}={said[key]!r}" for key in FED))).encode()
    ).hexdigest()
