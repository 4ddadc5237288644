"""Passive detection of presentations: a port, and nothing behind it.

A score may be measured and goes into the evidence beside the quality of the best frame; it never decides.  The engines that were
looked at passed masks and cut-outs and called living people attacks, and the order of the colours alone turned their answers round.
"""

from __future__ import annotations

from typing import Protocol

from kiosk.face.crops import Image
from kiosk.face.mesh import Mesh


class Pad(Protocol):
    """One engine.  Belongs to one thread."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """SHA-256 of its weights, in hexadecimal."""

    def score(self, image: Image, mesh: Mesh) -> float:
        """0: certainly a presentation, 1: certainly alive, in the engine's own opinion."""
